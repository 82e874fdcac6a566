import { useStore } from 'zustand'
import { importStore } from '../state/import.ts'

/** Why the last try came to nothing, where it can be tried again; the notice behind the dialog says the same. */
export function ImportFailure() {
  const failure = useStore(importStore, (state) => state.failure)
  if (failure === null) return null
  return (
    <p className="bk-import-failure">
      {failure.message} <span className="bk-code">{failure.code}</span>
    </p>
  )
}
