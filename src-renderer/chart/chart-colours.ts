/** What is painted on the canvases, from the window's tokens; canvases can't read CSS variables by themselves. */
export interface ChartColours {
  readonly background: string
  readonly panel: string
  readonly shade: string
  readonly line: string
  readonly lineStrong: string
  readonly text: string
  readonly muted: string
  readonly accent: string
  readonly up: string
  readonly down: string
  /** Of the moving averages, fastest first. */
  readonly emas: readonly string[]
  readonly font: string
}

/** Reads the tokens in force at an element; call it again when theme or candle colours change. */
export function readColours(element: Element): ChartColours {
  const style = getComputedStyle(element)
  const token = (name: string): string => style.getPropertyValue(name).trim()
  return {
    background: token('--surface-0'),
    panel: token('--surface-1'),
    shade: token('--surface-2'),
    line: token('--line'),
    lineStrong: token('--line-strong'),
    text: token('--text'),
    muted: token('--text-muted'),
    accent: token('--accent'),
    up: token('--up'),
    down: token('--down'),
    emas: [token('--ema-1'), token('--ema-2'), token('--ema-3')],
    font: token('--font'),
  }
}

/** A `#rrggbb` token with an opacity, 0–1. Any other notation is left as it is: opaque, but drawn. */
export function withAlpha(colour: string, alpha: number): string {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour)
  if (match === null) return colour
  const [red, green, blue] = match.slice(1).map((part) => Number.parseInt(part, 16))
  return `rgba(${red}, ${green}, ${blue}, ${alpha})`
}
