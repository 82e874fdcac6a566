import { FileQuestion } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Asked } from '../engine/use-answer.ts'
import { runCommand } from '../state/commands.ts'
import { Button } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'

/** What stands in place of an answer: it failed, or is on its way. */
export function NoAnswer({ asked, what }: { readonly asked: Asked<unknown>; readonly what: string }) {
  if (asked.error === null) return <EmptyState title={`Working out ${what}…`} />
  return (
    <EmptyState
      tone="problem"
      title={`There is no answer about ${what}`}
      actions={<Button onClick={asked.askAgain}>Try again</Button>}
    >
      {asked.error.message} <span className="bk-code">{asked.error.code}</span>
    </EmptyState>
  )
}

export interface NothingThereProps {
  /** `decisions`, `stats`, `policies`. */
  readonly table: string
  /** Whether a filter may be why. */
  readonly filtered: boolean
  readonly onClear: () => void
  readonly children?: ReactNode
}

/** Nothing in the store, or nothing that the filter lets through; each with what to do about it. */
export function NothingThere({ table, filtered, onClear, children }: NothingThereProps) {
  if (filtered) {
    return (
      <EmptyState
        icon={FileQuestion}
        title={`No ${table} meet the filter`}
        actions={<Button onClick={onClear}>Clear the filter</Button>}
      >
        Take a condition away, or look at other dates.
      </EmptyState>
    )
  }
  return (
    <EmptyState
      icon={FileQuestion}
      title={`This store holds no ${table} yet`}
      actions={<Button onClick={() => runCommand('store.import')}>Import…</Button>}
    >
      {children ?? (
        <>
          Import a file that the bot wrote, or run <code>barkeep ingest {table} FILE</code>.
        </>
      )}
    </EmptyState>
  )
}
