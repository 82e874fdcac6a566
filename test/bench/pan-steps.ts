/** What one pan came to, from the key to the frame that shows its bars. */
export interface PanStep {
  /** Frames of the display in that time, by the timestamps of animation frames: one that came late counts as several. */
  readonly frames: number
  readonly millis: number
  /** Frames in which the view reached beyond what was loaded. */
  readonly blank: number
  /** A chunk was fetched on the way. */
  readonly fetched: boolean
}

export interface PanOrder {
  readonly key: 'PageUp' | 'PageDown'
  readonly steps: number
}

/**
 * Runs inside the page (it is handed over as text, so it uses nothing from outside): presses a key, counts animation
 * frames until the view has moved and all of it is loaded, lets two frames pass, and presses again.
 */
export async function panInPage({ key, steps }: PanOrder): Promise<PanStep[]> {
  const chart = document.querySelector<HTMLElement>('[data-testid="chart"]')
  if (chart === null) throw new Error('there is no chart')
  const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))
  const look = () => {
    const { viewFrom, rangeFrom, first, fetching } = chart.dataset
    return { from: Number(viewFrom), range: rangeFrom, first, isFetching: fetching === 'true' }
  }
  const gaps: number[] = []
  for (let last = await frame(), count = 0; count < 30; count++) {
    const next = await frame()
    gaps.push(next - last)
    last = next
  }
  // At rest: the display's own pace.
  const interval = gaps.sort((a, b) => a - b)[15] ?? 1000 / 60
  const limit = 600
  const done: PanStep[] = []
  for (let step = 0; step < steps; step++) {
    const before = look()
    const pressed = await frame()
    window.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
    let [waited, blank, fetched, now] = [0, 0, false, pressed]
    for (;;) {
      now = await frame()
      waited += 1
      const { from, range, first, isFetching } = look()
      fetched ||= isFetching || first !== before.first
      if (from < -1) blank += 1
      if (range !== before.range && from >= -1) break
      if (waited > limit)
        throw new Error(`pan ${step} is not drawn after ${limit} frames: ${JSON.stringify(look())}`)
    }
    done.push({ frames: Math.round((now - pressed) / interval), millis: now - pressed, blank, fetched })
    await frame()
    await frame()
  }
  return done
}
