import { useEffect } from 'react'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import { registerCommands } from '../state/commands.ts'
import { openExport } from '../state/export.ts'
import { showDecisions } from '../state/ledger-links.ts'
import type { AuditEntry } from './use-audits.ts'
import { auditsStore, setAudits } from './view-state.ts'

export function toggleDetail(): void {
  setAudits({ detailOpen: !auditsStore.getState().detailOpen })
}

/** What the view does by key and by name, while it is in front. */
export function useAuditCommands(entry: AuditEntry | null, shown: LedgerFilter): void {
  const runId = entry?.row.run_id ?? null
  useEffect(
    () =>
      registerCommands([
        { id: 'audits.detail', name: 'Details of the row', group: 'Audits', keys: ['I'], run: toggleDetail },
        {
          id: 'audits.by-run',
          name: 'Group audits by run',
          group: 'Audits',
          keys: ['R'],
          run: () => setAudits({ by: 'run' }),
        },
        {
          id: 'audits.by-feature',
          name: 'Group issues by feature',
          group: 'Audits',
          keys: ['F'],
          run: () => setAudits({ by: 'feature' }),
        },
        {
          id: 'audits.clear',
          name: 'Clear all filters',
          group: 'Audits',
          keys: ['Shift+C'],
          run: () => setAudits({ filter: {}, focus: {} }),
        },
        {
          id: 'audits.all-rows',
          name: 'Show all rows of the filter',
          group: 'Audits',
          keys: ['Backspace'],
          run: () => setAudits({ focus: {} }),
        },
        {
          id: 'audits.export',
          name: 'Export these audits…',
          group: 'Audits',
          run: () => openExport('audits', shown),
        },
      ]),
    [shown],
  )
  useEffect(() => {
    if (runId === null) return
    return registerCommands([
      {
        id: 'audits.decisions',
        name: 'Decisions of the row’s run',
        group: 'Audits',
        keys: ['D'],
        run: () => showDecisions({ runIds: [runId] }),
      },
    ])
  }, [runId])
}
