import { appStore } from './app-store.ts'
import { onLive } from './live.ts'

/** Between two moves at least, ms: however fast bars come, a list of files is asked for no oftener. */
const CALM_MILLIS = 2_000

let movedAt = Number.NEGATIVE_INFINITY
let timer: ReturnType<typeof setTimeout> | undefined

/** Moves `storeRevision` when files of the store changed: the first time at once, then calmly, and after the last change. */
export function followChanges(): void {
  onLive(({ tables }) => {
    if (tables.length === 0 || timer !== undefined) return
    timer = setTimeout(moveRevision, Math.max(0, movedAt + CALM_MILLIS - performance.now()))
  })
}

/** Moves it now: work of ours has changed files, also such as are in no table. */
export function moveRevision(): void {
  clearTimeout(timer)
  timer = undefined
  movedAt = performance.now()
  appStore.setState(({ storeRevision }) => ({ storeRevision: storeRevision + 1 }))
}
