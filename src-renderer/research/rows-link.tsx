import type { ReactNode } from 'react'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import { showDecisions } from '../state/ledger-links.ts'

export interface RowsLinkProps {
  /** Shows exactly the rows that the figure was made of. */
  readonly filter: LedgerFilter
  /** What it shows, in words: `the 12 decisions of NY`. */
  readonly of: string
  readonly children: ReactNode
}

/** A figure that opens the rows it was made of. */
export function RowsLink({ filter, of, children }: RowsLinkProps) {
  return (
    <button
      type="button"
      className="bk-rows-link"
      aria-label={`Show ${of}`}
      title={`Show ${of}`}
      onClick={(event) => {
        event.stopPropagation()
        showDecisions(filter)
      }}
    >
      {children}
    </button>
  )
}
