import { useEffect, useRef, useState } from 'react'
import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { DecisionDetail } from '../../schemas/contract/ledger.ts'
import { engine, failureReport } from '../engine/client.ts'
import type { DecisionRef } from '../state/ledger-links.ts'

/** A key that is held down passes many rows; only the one it rests on is asked about. */
const REST_MS = 60

export type DetailState =
  | { readonly state: 'none' }
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly error: ErrorReport }
  /** `behind`: of the decision before, while the next is on its way. */
  | { readonly state: 'there'; readonly detail: DecisionDetail; readonly behind: boolean }

/**
 * All that is known around the selected decision; what is shown stays until the next is there.
 * @param revision the store's: asked again when its files changed
 */
export function useDetail(ref: DecisionRef | null, asOf: number | undefined, revision: number): DetailState {
  const [found, setFound] = useState<DetailState>({ state: 'none' })
  const asked = useRef(0)
  const refAsked = useRef<DecisionRef | null>(null)
  useEffect(() => {
    if (ref === null || revision < 0) {
      refAsked.current = null
      setFound({ state: 'none' })
      return
    }
    let wanted = true
    const again = refAsked.current === ref
    refAsked.current = ref
    // The same decision asked again, for files changed: what is shown is no other's.
    if (!again) setFound((now) => (now.state === 'there' ? { ...now, behind: true } : { state: 'loading' }))
    const ask = () => {
      asked.current = Date.now()
      engine
        .call('decisionDetail', { ...ref, ...(asOf === undefined ? {} : { asOf }) })
        .then((detail) => wanted && setFound((now) => settled(now, detail)))
        .catch((thrown) => wanted && setFound({ state: 'failed', error: failureReport(thrown) }))
    }
    // The first of a row of selections at once, the next ones when they rest.
    const timer = setTimeout(ask, Date.now() - asked.current > 4 * REST_MS ? 0 : REST_MS)
    return () => {
      wanted = false
      clearTimeout(timer)
    }
  }, [ref, asOf, revision])
  return found
}

/** An answer that says the same keeps its identity, so that what is drawn from it stays. */
function settled(now: DetailState, detail: DecisionDetail): DetailState {
  const same = now.state === 'there' && JSON.stringify(now.detail) === JSON.stringify(detail)
  return { state: 'there', detail: same ? now.detail : detail, behind: false }
}
