import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeDurably } from '../../src-main/shell/durable-file.ts'
import { Settings } from '../../src-main/shell/settings.ts'

let folder: string
let file: string
let notes: string[]

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'barkeep-settings-'))
  file = path.join(folder, 'settings.json')
  notes = []
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const open = (readOnly = false) => new Settings(file, { readOnly, onNote: (note) => notes.push(note) })

describe('settings', () => {
  it('P6: a first start has defaults and writes nothing', () => {
    const settings = open()
    settings.flush()
    expect(settings.preferences).toEqual({})
    expect(settings.store).toBeNull()
    expect(settings.window).toBeNull()
    expect(readdirSync(folder)).toEqual([])
    expect(notes).toEqual([])
  })

  it('P6: preferences merge one by one and survive with the store and the window', () => {
    const settings = open()
    settings.mergePreferences({ theme: 'dark', symbol: 'SPY', objectTypes: ['zone', 'level'] })
    settings.mergePreferences({ symbol: 'QQQ', objectTypes: ['zone'] })
    settings.rememberStore('/data/store')
    settings.rememberWindow({ x: -5, y: 3, width: 1200, height: 700, maximized: false, zoom: 0.5 })
    settings.flush()

    const again = open()
    expect(again.preferences).toEqual({ theme: 'dark', symbol: 'QQQ', objectTypes: ['zone'] })
    expect(again.store).toBe('/data/store')
    expect(again.window).toEqual({ x: -5, y: 3, width: 1200, height: 700, maximized: false, zoom: 0.5 })
    expect(readdirSync(folder)).toEqual(['settings.json'])
  })

  it('P6: changes are written without a flush, once for a burst', async () => {
    const settings = open()
    settings.mergePreferences({ rangeFrom: 0 })
    for (let count = 1; count <= 100; count++) settings.mergePreferences({ rangeFrom: count })
    expect(readdirSync(folder)).toEqual([])
    await expect.poll(() => readdirSync(folder), { timeout: 5000 }).toEqual(['settings.json'])
    expect(open().preferences).toEqual({ rangeFrom: 100 })
  })

  it.each([
    ['not JSON', '{"preferences": {"theme": "dark"'],
    ['an empty file', ''],
    ['a list', '[]'],
    ['an unknown preference', '{"preferences": {"colour": "red"}}'],
    ['a preference out of its range', '{"preferences": {"sidePanelSize": 400}}'],
    ['a foreign field', '{"preferences": {}, "run": "rm"}'],
    ['a prototype', '{"preferences": {}, "__proto__": {"store": "/x"}}'],
    [
      'a window of no size',
      '{"preferences": {}, "window": {"width": 0, "height": 0, "maximized": false, "zoom": 0}}',
    ],
  ])('P6: a settings file with %s is moved aside with a note, and the defaults hold', (_what, text) => {
    writeFileSync(file, text)
    const settings = open()
    expect(settings.preferences).toEqual({})
    expect(settings.store).toBeNull()
    const [aside, ...others] = readdirSync(folder)
    expect(others).toEqual([])
    expect(aside).toMatch(/^settings\.json\.broken-/)
    expect(readFileSync(path.join(folder, aside ?? ''), 'utf8')).toBe(text)
    expect(notes).toHaveLength(1)
    expect(notes[0]).toContain(aside)

    settings.mergePreferences({ theme: 'light' })
    settings.flush()
    expect(open().preferences).toEqual({ theme: 'light' })
  })

  it('P6: a read-only run takes what is kept and touches no file, broken ones included', () => {
    writeDurably(file, '{"preferences": {"theme": "dark"}}')
    const settings = open(true)
    expect(settings.preferences).toEqual({ theme: 'dark' })
    settings.mergePreferences({ theme: 'light' })
    settings.flush()
    expect(settings.preferences).toEqual({ theme: 'light' })
    expect(readFileSync(file, 'utf8')).toBe('{"preferences": {"theme": "dark"}}')

    writeFileSync(file, 'broken')
    open(true)
    expect(readdirSync(folder)).toEqual(['settings.json'])
    expect(notes).toHaveLength(1)
  })

  it('P6: settings that can’t be written are noted and the app goes on', () => {
    const blocked = path.join(folder, 'a-file')
    writeFileSync(blocked, '')
    const settings = new Settings(path.join(blocked, 'settings.json'), { onNote: (note) => notes.push(note) })
    settings.mergePreferences({ theme: 'dark' })
    settings.flush()
    expect(settings.preferences).toEqual({ theme: 'dark' })
    expect(notes.at(-1)).toContain('could not be saved')
  })
})

describe('a durable file', () => {
  it('replaces the old one as a whole, for its owner alone, and leaves nothing beside it', () => {
    writeDurably(file, 'old', 0o600)
    writeDurably(file, new Uint8Array(100_000).fill(7), 0o600)
    // Windows has no such bits.
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file).length).toBe(100_000)
    expect(readdirSync(folder)).toEqual(['settings.json'])
  })

  it('leaves nothing behind when it can’t', () => {
    const target = path.join(folder, 'taken')
    writeDurably(path.join(target, 'inside'), 'x')
    expect(() => writeDurably(target, 'y')).toThrow()
    expect(readdirSync(folder)).toEqual(['taken'])
  })
})
