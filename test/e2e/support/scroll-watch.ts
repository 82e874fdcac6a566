import type { Page } from '@playwright/test'

export interface ScrollWatch {
  readonly frames: number
  /** Longest time, ms, in which some place of the table showed no row. */
  readonly longestBlank: number
}

/** Scrolls a grid from its first row to its last within so many ms, and looks at every frame on the way. */
export async function watchScrolling(page: Page, label: string, millis: number): Promise<ScrollWatch> {
  return page.evaluate(
    ([name, duration]) =>
      new Promise<ScrollWatch>((resolve) => {
        const found = document.querySelector(`[role="grid"][aria-label="${name}"]`)
        if (found === null) throw new Error(`no grid ${name}`)
        const begin = performance.now()
        let [frames, blankSince, longestBlank] = [0, 0, 0]
        const look = () => {
          const now = performance.now()
          frames++
          const { left, top, height } = found.getBoundingClientRect()
          let blank = false
          // From the first row under the head to the last above the scroll bar.
          for (let place = 0; place < 12; place++) {
            const y = top + 42 + ((height - 70) * place) / 11
            blank ||= document.elementFromPoint(left + 60, y)?.closest('tbody tr') == null
          }
          if (!blank) blankSince = 0
          else {
            blankSince ||= now
            longestBlank = Math.max(longestBlank, now - blankSince + 16)
          }
          const done = Math.min(1, (now - begin) / duration)
          found.scrollTop = (found.scrollHeight - found.clientHeight) * done
          if (done < 1) requestAnimationFrame(look)
          else requestAnimationFrame(() => resolve({ frames, longestBlank: Math.round(longestBlank) }))
        }
        requestAnimationFrame(look)
      }),
    [label, millis] as const,
  )
}
