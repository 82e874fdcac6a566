import { Download } from 'lucide-react'
import { useState } from 'react'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import { startJob } from '../state/jobs.ts'
import { Button } from '../ui/button.tsx'
import { IconButton } from '../ui/icon-button.tsx'
import { Popover } from '../ui/popover.tsx'

/** Writes what the filter leaves to a file that is chosen in the system's own dialog. */
export async function exportDecisions(filter: LedgerFilter, format: 'parquet' | 'csv'): Promise<void> {
  await startJob('exportTable', { table: 'decisions', format, filter }, 'The export could not start')
}

export function ExportChoice({
  filter,
  disabled,
}: {
  readonly filter: LedgerFilter
  readonly disabled: boolean
}) {
  const [open, setOpen] = useState(false)
  const start = (format: 'parquet' | 'csv') => {
    setOpen(false)
    void exportDecisions(filter, format)
  }
  return (
    <Popover
      label="Export"
      align="end"
      open={open}
      onOpenChange={setOpen}
      trigger={<IconButton icon={Download} label="Export these decisions" disabled={disabled} />}
    >
      <div className="bk-decisions-export">
        <p className="muted">All decisions that the filter leaves, with every column.</p>
        <Button onClick={() => start('parquet')}>Parquet…</Button>
        <Button onClick={() => start('csv')}>CSV…</Button>
        <p className="muted">CSV has times in UTC and in the market’s zone.</p>
      </div>
    </Popover>
  )
}
