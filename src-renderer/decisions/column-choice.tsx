import { Columns3, RotateCcw } from 'lucide-react'
import { useState } from 'react'
import type { FacetValue } from '../../schemas/contract/ledger.ts'
import { DECISIONS } from '../../schemas/tables/index.ts'
import { Button } from '../ui/button.tsx'
import { Checkbox } from '../ui/checkbox.tsx'
import { IconButton } from '../ui/icon-button.tsx'
import { Popover } from '../ui/popover.tsx'
import { FEATURE } from './decision-columns.tsx'
import { FIRST_COLUMNS, setDecisions } from './view-state.ts'

/** As many features as a list shows at once; the others are found by typing. */
const MOST_SHOWN = 40

/** Which columns the table has: those of the schema, and any feature as a column of its own. */
export function ColumnChoice({
  columns,
  features,
}: {
  readonly columns: readonly string[]
  readonly features: readonly FacetValue[]
}) {
  const [typed, setTyped] = useState('')
  const toggle = (id: string) => {
    const next = columns.includes(id) ? columns.filter((one) => one !== id) : inOrder([...columns, id])
    if (next.length > 0) setDecisions({ columns: next })
  }
  const chosen = columns.filter((id) => id.startsWith(FEATURE)).map((id) => id.slice(FEATURE.length))
  const wanted = typed.trim().toLowerCase()
  const found = features
    .map(({ value }) => value)
    .filter((name) => !chosen.includes(name) && name.toLowerCase().includes(wanted))
  return (
    <Popover label="Columns" align="end" trigger={<IconButton icon={Columns3} label="Columns" />}>
      <div className="bk-decisions-columns">
        <div className="bk-decisions-column-list">
          {DECISIONS.columns.map(({ name, label }) => (
            <Checkbox
              key={name}
              checked={columns.includes(name)}
              onChange={() => toggle(name)}
              label={label}
            />
          ))}
        </div>
        <h2>Features as columns</h2>
        <input
          className="bk-input"
          value={typed}
          spellCheck={false}
          autoComplete="off"
          placeholder="Find a feature"
          aria-label="Find a feature"
          onChange={(event) => setTyped(event.target.value)}
        />
        <div className="bk-decisions-column-list">
          {[...chosen, ...found.slice(0, MOST_SHOWN)].map((name) => (
            <Checkbox
              key={name}
              checked={chosen.includes(name)}
              onChange={() => toggle(FEATURE + name)}
              label={name}
            />
          ))}
        </div>
        {found.length > MOST_SHOWN && (
          <p className="muted">{found.length - MOST_SHOWN} more: type to find them.</p>
        )}
        <Button icon={RotateCcw} onClick={() => setDecisions({ columns: FIRST_COLUMNS, widths: {} })}>
          As at first
        </Button>
      </div>
    </Popover>
  )
}

/** Columns of the schema in its order, then features as they were chosen. */
function inOrder(columns: readonly string[]): readonly string[] {
  const known = DECISIONS.columns.map(({ name }) => name).filter((name) => columns.includes(name))
  return [...known, ...columns.filter((id) => id.startsWith(FEATURE))]
}
