/**
 * Says which increment the picture holds, and which it shows: a frame is asked for by the change and painted before the
 * second one after it. On the element itself: nothing is rendered for it.
 */
export function tellApplied(element: HTMLElement, revision: number): void {
  const root = element.closest<HTMLElement>('.bk-chart-root')
  if (root === null) return
  root.dataset.liveRevision = String(revision)
  requestAnimationFrame(() => {
    requestAnimationFrame(() => {
      root.dataset.drawnRevision = String(Math.max(revision, Number(root.dataset.drawnRevision ?? 0)))
    })
  })
}
