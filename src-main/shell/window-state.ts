import type { WindowState } from './settings.ts'

export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** The size of a first window, and of every screenshot. */
export const DEFAULT_SIZE = { width: 1440, height: 900 } as const
export const MINIMUM_SIZE = { width: 960, height: 600 } as const

/** So much of a window's top edge must be on a screen for a person to be able to drag it. */
const GRIP = { width: 120, height: 32 } as const

/**
 * Where the window opens: as it was left, unless the screen it stood on is gone or smaller now; then its size stays as
 * far as it fits and the system places it.
 * @param workAreas of all displays, in device-independent pixels
 */
export function placeWindow(
  state: WindowState | null,
  workAreas: readonly Rectangle[],
): { readonly x?: number; readonly y?: number; readonly width: number; readonly height: number } {
  if (state === null) return DEFAULT_SIZE
  const { x, y } = state
  const width = Math.max(state.width, MINIMUM_SIZE.width)
  const height = Math.max(state.height, MINIMUM_SIZE.height)
  if (x !== undefined && y !== undefined && workAreas.some((area) => canBeGrabbed(x, y, width, area))) {
    return { x, y, width, height }
  }
  const largest = workAreas.reduce<Rectangle | null>(
    (best, area) => (best === null || area.width * area.height > best.width * best.height ? area : best),
    null,
  )
  if (largest === null) return { width, height }
  return { width: Math.min(width, largest.width), height: Math.min(height, largest.height) }
}

function canBeGrabbed(x: number, y: number, width: number, area: Rectangle): boolean {
  const visible = Math.min(x + width, area.x + area.width) - Math.max(x, area.x)
  return visible >= GRIP.width && y >= area.y && y + GRIP.height <= area.y + area.height
}
