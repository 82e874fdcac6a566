import { describe, expect, it } from 'vitest'
import { BarkeepError } from '../../schemas/contract/errors.ts'
import { parseLaunchArguments } from '../../src-main/shell/launch-arguments.ts'

const parse = (...argv: string[]) => parseLaunchArguments(argv, '/home/me')
const nothing = { store: null, view: null, screenshot: null, userDataDir: null }

describe('the window’s flags', () => {
  it('P8: takes each flag with a space and with an equals sign, paths made absolute', () => {
    const expected = {
      store: '/home/me/data',
      view: 'storage',
      screenshot: '/tmp/a.png',
      userDataDir: '/home/me/ud',
    }
    const spaced = [
      '--store',
      'data',
      '--view',
      'storage',
      '--screenshot',
      '/tmp/a.png',
      '--user-data-dir',
      'ud',
    ]
    expect(parse(...spaced)).toEqual(expected)
    expect(parse('--store=data', '--view=storage', '--screenshot=/tmp/a.png', '--user-data-dir=ud')).toEqual(
      expected,
    )
  })

  it('leaves alone what belongs to Electron, Chromium and Playwright', () => {
    const foreign = [
      '--inspect=0',
      '.',
      '--remote-debugging-port=0',
      '--no-sandbox',
      '-r',
      'loader.js',
      '--storefront=x',
    ]
    expect(parse(...foreign)).toEqual(nothing)
    expect(parse()).toEqual(nothing)
  })

  it('keeps equals signs of the value, and the last of a repeated flag', () => {
    expect(parse('--store=/a=b').store).toBe('/a=b')
    expect(parse('--store=/a', '--store', '/b').store).toBe('/b')
  })

  it.each([
    [['--store'], '--store'],
    [['--store='], '--store'],
    [['--screenshot', '--view'], '--screenshot'],
    [['--view', 'kitchen'], 'kitchen'],
  ])('refuses %j with one clear line', (argv, named) => {
    expect(() => parse(...argv)).toThrow(BarkeepError)
    expect(() => parse(...argv)).toThrow(named)
  })
})
