import { isMac, keyCaps } from '../state/keyboard.ts'
import './tooltip.css'

/** A chord as key caps. */
export function Kbd({ keys }: { readonly keys: string }) {
  return (
    <span className="bk-keys">
      {keyCaps(keys, isMac()).map((cap) => (
        <kbd key={cap}>{cap}</kbd>
      ))}
    </span>
  )
}
