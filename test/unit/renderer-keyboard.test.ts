import { describe, expect, it } from 'vitest'
import {
  activeCommands,
  commandGroups,
  commandsStore,
  registerCommands,
  runCommand,
} from '../../src-renderer/state/commands.ts'
import { type Chord, keyCaps, matchesChord } from '../../src-renderer/state/keyboard.ts'
import { noticeStore } from '../../src-renderer/state/notices.ts'

const press = (key: string, held: Partial<Chord> = {}): Chord => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
})

describe('chords', () => {
  it('U4: Mod is Ctrl, on a Mac Cmd, and never the other one', () => {
    expect(matchesChord('Mod+K', press('k', { ctrlKey: true }), false)).toBe(true)
    expect(matchesChord('Mod+K', press('k', { metaKey: true }), false)).toBe(false)
    expect(matchesChord('Mod+K', press('k', { metaKey: true }), true)).toBe(true)
    expect(matchesChord('Mod+K', press('k', { ctrlKey: true }), true)).toBe(false)
    expect(matchesChord('Mod+K', press('k'), false)).toBe(false)
  })

  it('U4: a letter with Shift is another chord, a sign is the same however it is typed', () => {
    expect(matchesChord('C', press('C', { shiftKey: true }), false)).toBe(false)
    expect(matchesChord('Shift+C', press('C', { shiftKey: true }), false)).toBe(true)
    expect(matchesChord('?', press('?', { shiftKey: true }), false)).toBe(true)
    expect(matchesChord('?', press('?'), false)).toBe(true)
    expect(matchesChord('+', press('+', { shiftKey: true }), false)).toBe(true)
    expect(matchesChord('Mod++', press('+', { ctrlKey: true }), false)).toBe(true)
    expect(matchesChord('Shift+ArrowLeft', press('ArrowLeft', { shiftKey: true }), false)).toBe(true)
    expect(matchesChord('ArrowLeft', press('ArrowLeft', { shiftKey: true }), false)).toBe(false)
    expect(matchesChord('C', press('c', { altKey: true }), false)).toBe(false)
  })

  it('U4: caps are shown as a keyboard has them', () => {
    expect(keyCaps('Mod+K', false)).toEqual(['Ctrl', 'K'])
    expect(keyCaps('Mod+K', true)).toEqual(['⌘', 'K'])
    expect(keyCaps('Shift+ArrowLeft', false)).toEqual(['Shift', '←'])
    expect(keyCaps('Mod++', false)).toEqual(['Ctrl', '+'])
    expect(keyCaps('+', false)).toEqual(['+'])
  })
})

describe('commands', () => {
  it('U4: the view in front answers for an id while it is there, then the older one again', () => {
    const ran: string[] = []
    const command = (name: string) => ({ id: 'fit', name, group: 'Chart', run: () => void ran.push(name) })
    const removeFrame = registerCommands([command('frame')])
    const removeView = registerCommands([command('view')])
    expect(activeCommands(commandsStore.getState().commands).map((one) => one.name)).toEqual(['view'])
    removeView()
    expect(activeCommands(commandsStore.getState().commands).map((one) => one.name)).toEqual(['frame'])
    removeFrame()
    expect(commandsStore.getState().commands).toEqual([])
  })

  it('U4: groups keep the order in which they came', () => {
    const command = (id: string, group: string) => ({ id, group, name: id, run: () => {} })
    const groups = commandGroups([command('a', 'View'), command('b', 'Store'), command('c', 'View')])
    expect(groups.map(([group, members]) => [group, members.map((one) => one.id)])).toEqual([
      ['View', ['a', 'c']],
      ['Store', ['b']],
    ])
  })

  it('U2: what a command throws is shown, and the same again counts up', async () => {
    const remove = registerCommands([
      { id: 'broken', name: 'Break', group: 'Test', run: () => Promise.reject(new Error('no disk')) },
    ])
    const shown = () =>
      noticeStore.getState().notices.map(({ title, report, times }) => [title, report, times])
    const changed = () => new Promise<void>((done) => noticeStore.subscribe(() => done()))
    for (const times of [1, 2]) {
      const wait = changed()
      runCommand('broken')
      await wait
      expect(shown()).toEqual([['Break failed', { code: 'INTERNAL', message: 'no disk' }, times]])
    }
    remove()
  })
})
