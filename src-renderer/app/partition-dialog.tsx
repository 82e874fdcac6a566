import { useStore } from 'zustand'
import type { PartitionPlan } from '../../schemas/contract/ledger.ts'
import { appStore, showOverlay } from '../state/app-store.ts'
import { applyPartition, choosePartition, type PartitionColumn, partitionStore } from '../state/partition.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { formatCount } from '../ui/figures.ts'
import { Segmented } from '../ui/segmented.tsx'

/** `none` stands for null: a segment needs a name. */
type Choice = 'none' | NonNullable<PartitionColumn>

const COLUMNS: readonly { readonly value: Choice; readonly label: string }[] = [
  { value: 'none', label: 'By day alone' },
  { value: 'symbol', label: 'Symbol' },
  { value: 'session_regime', label: 'Session regime' },
  { value: 'timeframe', label: 'Timeframe' },
]

/** By what else decisions are split into files: what each choice comes to first, then the setting. */
export function PartitionDialog() {
  const open = useStore(appStore, (state) => state.overlay === 'partition')
  const { column, plan, busy, failure } = useStore(partitionStore)
  const close = () => showOverlay(null)
  const isNow = plan !== null && plan.current === column
  return (
    <Dialog
      open={open}
      onClose={close}
      width={560}
      title="Partition decisions"
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button
            tone="primary"
            disabled={busy || plan === null || plan.refused !== null || isNow}
            onClick={() => void applyPartition()}
          >
            {isNow ? 'This is how it is' : 'Use for days to come'}
          </Button>
        </>
      }
    >
      <div className="bk-import-form">
        <p className="muted">
          Each day of decisions is a file of its own. It can be split once more, into a folder for each value,
          so that a question about one value reads only its files. What is stored stays as it is; both forms
          are read together.
        </p>
        <Segmented
          label="Split by"
          value={column ?? 'none'}
          options={COLUMNS}
          onChange={(value) => void choosePartition(value === 'none' ? null : value)}
        />
        {failure !== null && (
          <p className="bk-import-failure">
            {failure.message} <span className="bk-code">{failure.code}</span>
          </p>
        )}
        {plan === null ? (
          <p className="muted" role="status">
            {busy ? 'Counting what that would come to…' : ''}
          </p>
        ) : (
          <Plan plan={plan} />
        )}
      </div>
    </Dialog>
  )
}

function Plan({ plan }: { readonly plan: PartitionPlan }) {
  return (
    <>
      <dl className="bk-import-figures">
        {plan.column !== null && (
          <Figure name="Values" count={plan.values} meaning="a folder each, by what is stored now" />
        )}
        <Figure
          name="Files a month"
          count={plan.filesAMonth}
          meaning={`in the busiest month stored; ${formatCount(plan.filesAMonthNow)} now, ${formatCount(plan.limit)} at most`}
        />
      </dl>
      {plan.refused !== null && <p className="bk-import-failure">{plan.refused}</p>}
    </>
  )
}

interface FigureProps {
  readonly name: string
  readonly count: number
  readonly meaning: string
}

function Figure({ name, count, meaning }: FigureProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="numeric">{formatCount(count)}</dd>
      <dd className="muted">{meaning}</dd>
    </div>
  )
}
