import { useCallback, useEffect, useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { OperationsPage } from '../../schemas/contract/live.ts'
import type { OperationsRequest } from '../../schemas/generated/requests.ts'
import type { OperationRow } from '../../schemas/generated/rows.ts'
import { engine, failureReport } from '../engine/client.ts'
import { afterCloseStore } from '../state/after-close.ts'
import { appStore } from '../state/app-store.ts'
import { jobsStore } from '../state/jobs.ts'
import { reportFailure } from '../state/notices.ts'
import { type HistoryFilter, joined } from './history-model.ts'

/** So many rows come at a time: each has its receipt with it. */
export const PAGE = 200
/** Another program's row is written after the files whose change is seen. */
const ROW_COMES_LAST_MS = 3_000

export interface Operations {
  /** The newest, and what was asked for beyond them, newest first; null until the first answer. */
  readonly rows: readonly OperationRow[] | null
  readonly total: number
  readonly problems: OperationsPage['problems']
  readonly error: ErrorReport | null
  showOlder(): void
}

/** The history of one kind or of everything; its newest rows are asked for again whenever work ended, here or elsewhere. */
export function useOperations(kind: HistoryFilter['kind']): Operations {
  const [newest, setNewest] = useState<OperationsPage | null>(null)
  // Rows are only ever added: one that newer ones pushed off the first page is one that was seen.
  const [rows, setRows] = useState<readonly OperationRow[] | null>(null)
  const [error, setError] = useState<ErrorReport | null>(null)
  const ended = useStore(jobsStore, (state) => state.ended)
  const revision = useStore(appStore, (state) => state.storeRevision)
  const schedule = useStore(afterCloseStore, (state) => state.state)
  const focused = useFocusCount()
  const request = useMemo<OperationsRequest>(
    () => (kind === 'all' ? { limit: PAGE } : { limit: PAGE, kinds: [kind] }),
    [kind],
  )
  useEffect(() => {
    // Each of these is a sign that something ended since.
    let wanted = [ended, revision, schedule, focused].length > 0
    const ask = () => {
      engine
        .call('operations', request)
        .then((page) => {
          if (!wanted) return
          setNewest((before) => (before !== null && isSame(before, page) ? before : page))
          setRows((before) => joined(before ?? [], page.operations))
          setError(null)
        })
        .catch((thrown: unknown) => wanted && setError(failureReport(thrown)))
    }
    ask()
    const timer = setTimeout(ask, ROW_COMES_LAST_MS)
    return () => {
      wanted = false
      clearTimeout(timer)
    }
  }, [request, ended, revision, schedule, focused])

  const last = rows?.at(-1)
  const showOlder = useCallback(() => {
    if (last === undefined) return
    engine
      // Others that ended in the same millisecond may stand beyond the page.
      .call('operations', { ...request, before: last.ts + 1 })
      .then((page) => setRows((before) => joined(before ?? [], page.operations)))
      .catch((thrown: unknown) => reportFailure('Older operations could not be read', thrown))
  }, [request, last])
  const total = Math.max(newest?.total ?? 0, rows?.length ?? 0)
  return { rows, total, problems: newest?.problems ?? [], error, showOlder }
}

/** Rows are only ever added: as many with the same at the top are the same. */
function isSame(a: OperationsPage, b: OperationsPage): boolean {
  return (
    a.total === b.total &&
    a.operations[0]?.operation_id === b.operations[0]?.operation_id &&
    JSON.stringify(a.problems) === JSON.stringify(b.problems)
  )
}

/** Counts returns to the window: what the command line did meanwhile shows then at the latest. */
function useFocusCount(): number {
  const [count, setCount] = useState(0)
  useEffect(() => {
    const onFocus = () => setCount((before) => before + 1)
    window.addEventListener('focus', onFocus)
    return () => window.removeEventListener('focus', onFocus)
  }, [])
  return count
}
