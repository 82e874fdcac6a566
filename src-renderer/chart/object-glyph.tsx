import type { ViewportObject } from '../../schemas/contract/viewport.ts'
import { givenSide, isStanding } from './object-meaning.ts'

/** A small drawing of an object in its colour, as it looks on the chart. Its words stand beside it. */
export function ObjectGlyph({ object }: { readonly object: ViewportObject }) {
  const side = givenSide(object) ?? 'neutral'
  return (
    <svg
      className="bk-glyph"
      data-side={side}
      data-spent={isStanding(object) ? undefined : ''}
      viewBox="0 0 14 14"
      width="14"
      height="14"
      aria-hidden
    >
      <Shape type={object.type} side={side} />
    </svg>
  )
}

function Shape({ type, side }: { readonly type: ViewportObject['type']; readonly side: string }) {
  if (type === 'zone') return <rect x="1.5" y="3.5" width="11" height="7" rx="1" />
  if (type === 'level') return <path d="M1 7H13" />
  if (type === 'flag') return <path d="M3 13 6 3M6 3 13 5M5 7 12 9" />
  if (side === 'neutral') return <circle cx="7" cy="7" r="3.5" />
  return side === 'demand' ? <path d="M7 2.5 12 11H2Z" /> : <path d="M7 11.5 2 3H12Z" />
}
