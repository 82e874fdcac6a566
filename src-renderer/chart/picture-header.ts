/** A piece of text in the lines over a picture. */
export interface HeaderItem {
  readonly text: string
  readonly style: 'title' | 'level' | 'plain' | 'muted'
  /** Colour of the line that it is the name of. */
  readonly swatch?: string
}

/** Pieces from the left, and some that stand at the right as long as there is room beside the others. */
export interface HeaderRow {
  readonly left: readonly HeaderItem[]
  readonly right: readonly HeaderItem[]
}

/** Where a piece stands, CSS pixels; `y` is the middle of its line. */
export interface PlacedItem {
  readonly item: HeaderItem
  readonly x: number
  readonly y: number
  /** Of the text as it is drawn: cut where the picture is too narrow for it. */
  readonly text: string
}

export interface PlacedHeader {
  readonly items: readonly PlacedItem[]
  readonly height: number
}

export const HEADER_PADDING = 12
/** Before a text that has one. */
export const SWATCH_WIDTH = 20
const LINE = 20
const TITLE_LINE = 24
const SPACE = 14

/**
 * Lays the pieces out in lines no wider than the picture: a piece that has no room left begins the next line, one that is
 * wider than a line is cut.
 * @param measure width of a text in its style, CSS pixels
 */
export function layOutHeader(
  rows: readonly HeaderRow[],
  width: number,
  measure: (text: string, style: HeaderItem['style']) => number,
): PlacedHeader {
  const inner = width - 2 * HEADER_PADDING
  const items: PlacedItem[] = []
  let y = HEADER_PADDING - 4
  for (const { left, right } of rows) {
    if (left.length === 0 && right.length === 0) continue
    const line = left.some(({ style }) => style === 'title') ? TITLE_LINE : LINE
    let x = 0
    const put = (item: HeaderItem, at: number): void => {
      const before = item.swatch === undefined ? 0 : SWATCH_WIDTH
      const text = fitted(item, inner - before, measure)
      items.push({ item, text, x: HEADER_PADDING + at, y: y + line / 2 })
    }
    for (const item of left) {
      const needed = widthOf(item, measure)
      if (x > 0 && x + needed > inner) {
        x = 0
        y += line
      }
      put(item, x)
      x += Math.min(needed, inner) + SPACE
    }
    const rightWidth = right.reduce((sum, item) => sum + widthOf(item, measure) + SPACE, -SPACE)
    if (right.length > 0) {
      if (x + rightWidth > inner) y += line
      let at = x + rightWidth > inner ? 0 : inner - rightWidth
      for (const item of right) {
        put(item, at)
        at += widthOf(item, measure) + SPACE
      }
    }
    y += line
  }
  return { items, height: Math.ceil(y + HEADER_PADDING - 4) }
}

type Measure = (text: string, style: HeaderItem['style']) => number

function widthOf({ text, style, swatch }: HeaderItem, measure: Measure): number {
  return measure(text, style) + (swatch === undefined ? 0 : SWATCH_WIDTH)
}

function fitted({ text, style }: HeaderItem, room: number, measure: Measure): string {
  if (measure(text, style) <= room) return text
  let [fits, over] = [0, text.length]
  while (over - fits > 1) {
    const middle = (fits + over) >> 1
    if (measure(`${text.slice(0, middle)}…`, style) <= room) fits = middle
    else over = middle
  }
  return `${text.slice(0, fits).trimEnd()}…`
}
