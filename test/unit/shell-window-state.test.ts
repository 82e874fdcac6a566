import { describe, expect, it } from 'vitest'
import { placeWindow } from '../../src-main/shell/window-state.ts'

const LAPTOP = { x: 0, y: 25, width: 1512, height: 900 }
const LEFT_SCREEN = { x: -2560, y: 0, width: 2560, height: 1400 }
const kept = { width: 1300, height: 800, maximized: false, zoom: 0 }

describe('where the window opens', () => {
  it('P6: at 1440×900 the first time, placed by the system', () => {
    expect(placeWindow(null, [LAPTOP])).toEqual({ width: 1440, height: 900 })
  })

  it('P6: where it was left, on a second screen with negative coordinates too', () => {
    const place = { x: -2000, y: 100, width: 1300, height: 800 }
    expect(placeWindow({ ...kept, ...place }, [LAPTOP, LEFT_SCREEN])).toEqual(place)
  })

  it.each([
    ['its screen is gone', -2000, 100],
    ['its title is above the screen', 10, -200],
    ['hardly a corner would show', 1450, 100],
    ['its title is below the screen', 10, 920],
  ])('P6: at its size and placed by the system when %s', (_why, x, y) => {
    expect(placeWindow({ ...kept, x, y }, [LAPTOP])).toEqual({ width: 1300, height: 800 })
  })

  it('P6: no larger than the largest screen left, no smaller than what can be used', () => {
    expect(placeWindow({ ...kept, width: 5000, height: 3000 }, [LAPTOP])).toEqual({
      width: 1512,
      height: 900,
    })
    expect(placeWindow({ ...kept, width: 10, height: 10 }, [LAPTOP])).toEqual({ width: 960, height: 600 })
  })
})
