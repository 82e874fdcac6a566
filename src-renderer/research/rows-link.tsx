import type { ReactNode } from 'react'
import type { LedgerFilter } from '../../schemas/generated/requests.ts'
import { showDecisions } from '../state/ledger-links.ts'

export interface RowsLinkProps {
  /** Shows exactly the rows that the figure was made of. */
  readonly filter: LedgerFilter
  /** What it shows, in words: `the 12 decisions of NY`. */
  readonly of: string
  readonly children: ReactNode
  /** Another figure of the line opens the same rows and is the stop for Tab: this one is for the mouse. */
  readonly again?: boolean
}

/** A figure that opens the rows it was made of. */
export function RowsLink({ filter, of, children, again = false }: RowsLinkProps) {
  return (
    <button
      type="button"
      className="bk-rows-link"
      data-again={again ? '' : undefined}
      tabIndex={again ? -1 : undefined}
      title={`Show ${of}`}
      onClick={(event) => {
        event.stopPropagation()
        showDecisions(filter)
      }}
    >
      {children}
      <span className="sr-only">. Show {of}</span>
    </button>
  )
}
