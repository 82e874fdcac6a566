import { useEffect, useRef, useState } from 'react'
import type { CallName, EngineCalls } from '../../schemas/contract/engine.ts'
import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { StoreTable } from '../../schemas/tables/index.ts'
import { engine, failureReport } from './client.ts'
import { followTables } from './follow-tables.ts'

export interface Asked<T> {
  /** The last answer; stays while the next is on its way, also to another question, so that nothing flickers. */
  readonly answer: T | null
  /** Why the last question has no answer; the answer before it stays. */
  readonly error: ErrorReport | null
  /** A question is on its way. */
  readonly asking: boolean
  readonly askAgain: () => void
}

/**
 * Asks the engine, and again whenever the question changes (at once) or files of the given tables do (calmly, one view after
 * the other). One question at a time: a burst of changes ends in one more. An answer that says the same keeps its
 * identity, so that what is drawn from it stays.
 * @param payload null asks nothing
 * @param tables constant for a component
 */
export function useAnswer<Name extends CallName>(
  name: Name,
  payload: Parameters<EngineCalls[Name]>[0] | null,
  tables: readonly StoreTable[],
): Asked<ReturnType<EngineCalls[Name]>> {
  type Value = ReturnType<EngineCalls[Name]>
  const [state, setState] = useState<{ answer: Value | null; error: ErrorReport | null; asking: boolean }>({
    answer: null,
    error: null,
    asking: payload !== null,
  })
  const ask = useRef<() => void>(() => undefined)
  const followed = useRef(tables)
  /** Of the answer in force: a big one is spelled once, not again with each that is compared with it. */
  const text = useRef<string | null>(null)
  const question = payload === null ? null : JSON.stringify(payload)

  useEffect(() => {
    if (question === null) return
    let over = false
    let asking = false
    let again = false
    const settle = (next: { answer?: Value; error: ErrorReport | null }) => {
      if (over) return
      const said = next.answer === undefined ? text.current : JSON.stringify(next.answer)
      const isNew = next.answer !== undefined && said !== text.current
      text.current = said
      setState(({ answer }) => ({
        answer: isNew && next.answer !== undefined ? next.answer : answer,
        error: next.error,
        asking: again,
      }))
    }
    const askNow = (): Promise<void> => {
      if (asking) {
        again = true
        return Promise.resolve()
      }
      asking = true
      setState((last) => ({ ...last, asking: true }))
      return engine
        .call(name, JSON.parse(question) as Parameters<EngineCalls[Name]>[0])
        .then(
          (answer) => settle({ answer, error: null }),
          (thrown: unknown) => settle({ error: failureReport(thrown) }),
        )
        .finally(() => {
          asking = false
          if (!again || over) return
          again = false
          return askNow()
        })
    }
    ask.current = () => void askNow()
    void askNow()
    const end = followTables(followed.current, askNow)
    return () => {
      over = true
      end()
    }
  }, [name, question])

  return { ...state, askAgain: () => ask.current() }
}
