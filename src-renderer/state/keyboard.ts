import { activeCommands, type Command, commandsStore, runNow } from './commands.ts'

/** The part of a KeyboardEvent that a chord is made of. */
export interface Chord {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
}

/**
 * Whether a pressed chord is the one that `keys` names. Shift counts only where it doesn't already show in the
 * character: `?` is `?` on every keyboard, however it is typed.
 */
export function matchesChord(keys: string, pressed: Chord, mac: boolean): boolean {
  const steps = keys.split('+')
  const key = steps.at(-1) === '' ? '+' : (steps.at(-1) ?? '')
  const wanted = new Set(steps.slice(0, -1))
  const mod = mac ? pressed.metaKey : pressed.ctrlKey
  const otherMod = mac ? pressed.ctrlKey : pressed.metaKey
  if (mod !== wanted.has('Mod') || otherMod || pressed.altKey !== wanted.has('Alt')) return false
  const isSymbol = key.length === 1 && key.toLowerCase() === key.toUpperCase()
  if (!isSymbol && pressed.shiftKey !== wanted.has('Shift')) return false
  return pressed.key.toLowerCase() === key.toLowerCase()
}

const NAMES: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
  ' ': 'Space',
}

/** The caps of a chord as a person reads them: `Mod+K` → `['Ctrl', 'K']`, on a Mac `['⌘', 'K']`. */
export function keyCaps(keys: string, mac: boolean): readonly string[] {
  const steps = keys.endsWith('++')
    ? [...keys.slice(0, -2).split('+'), '+']
    : keys === '+'
      ? ['+']
      : keys.split('+')
  return steps.map((step) => {
    if (step === 'Mod') return mac ? '⌘' : 'Ctrl'
    const name = NAMES[step] ?? step
    return name.length === 1 ? name.toUpperCase() : name
  })
}

/** Whether this window runs on a Mac; before launch info is known the browser says so as well. */
export function isMac(): boolean {
  return navigator.userAgent.includes('Macintosh')
}

/** Listens on the window for the chords of the commands in force. @returns a function that stops it. */
export function listenToKeys(): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || leavesKeyToWidget(event)) return
    const command = commandFor(event)
    if (command === undefined) return
    event.preventDefault()
    runNow(command)
  }
  window.addEventListener('keydown', onKey)
  return () => window.removeEventListener('keydown', onKey)
}

function commandFor(event: KeyboardEvent): Command | undefined {
  const dialogOpen = document.querySelector('[role="dialog"][aria-modal="true"], [data-modal]') !== null
  return activeCommands(commandsStore.getState().commands).findLast(
    (command) =>
      (!dialogOpen || command.overDialogs === true) &&
      command.keys?.some((keys) => matchesChord(keys, event, isMac())) === true,
  )
}

/** A field that is typed into keeps its characters; a button, list or menu keeps what activates and moves it. */
function leavesKeyToWidget(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || !(event.target instanceof HTMLElement)) return false
  if (event.target.closest('input:not([type="checkbox"]), textarea, select, [contenteditable]')) return true
  // A list that says so handles the keys it needs by itself (and prevents their default): the others pass.
  if (event.target.closest('[role="listbox"][data-keys-pass]')) return false
  if (event.target.closest('[role="listbox"], [role="menu"], [role="option"]')) return true
  return (event.key === 'Enter' || event.key === ' ') && event.target.closest('button, a, [role]') !== null
}
