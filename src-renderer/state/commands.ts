import { createStore } from 'zustand/vanilla'
import { reportFailure } from './notices.ts'

/**
 * Something a person can ask for by name (palette), by key, or from the native menu. Views register theirs while
 * they are mounted; the palette and the key overlay are drawn from this list, so neither can be wrong.
 */
export interface Command {
  /** A `MenuCommand` for those that the native menu has too, else `view.action`. */
  readonly id: string
  /** As the palette shows it, in sentence case: `Go to date…`. */
  readonly name: string
  /** Heading in the palette and the key overlay: `View`, `Chart`, `Storage`. */
  readonly group: string
  /** Chords such as `Mod+K`, `Shift+ArrowLeft`, `?`; `Mod` is Ctrl, on a Mac Cmd. */
  readonly keys?: readonly string[]
  /** A key that makes no sense to choose from a list (`Pan left`): only in the key overlay. */
  readonly keysOnly?: boolean
  /** Works while a dialog is open, too. */
  readonly overDialogs?: boolean
  readonly run: () => void | Promise<void>
}

export interface CommandsState {
  readonly commands: readonly Command[]
}

export const commandsStore = createStore<CommandsState>(() => ({ commands: [] }))

/**
 * Adds commands until the returned function is called. A command with the id of an older one takes its place
 * meanwhile: the view in front answers.
 */
export function registerCommands(added: readonly Command[]): () => void {
  commandsStore.setState(({ commands }) => ({ commands: [...commands, ...added] }))
  return () => {
    const gone = new Set(added)
    commandsStore.setState(({ commands }) => ({ commands: commands.filter((command) => !gone.has(command)) }))
  }
}

/** The commands in force: of several with one id, the latest. */
export function activeCommands(commands: readonly Command[]): readonly Command[] {
  return [...new Map(commands.map((command) => [command.id, command])).values()]
}

/** Commands under their headings, both in the order they were registered. */
export function commandGroups(
  commands: readonly Command[],
): readonly (readonly [string, readonly Command[]])[] {
  const groups = new Map<string, Command[]>()
  for (const command of commands) {
    const members = groups.get(command.group)
    if (members === undefined) groups.set(command.group, [command])
    else members.push(command)
  }
  return [...groups]
}

/** Runs a command by id; one that nobody registered (a menu item of a view that isn't open) does nothing. */
export function runCommand(id: string): void {
  const command = commandsStore.getState().commands.findLast((one) => one.id === id)
  if (command !== undefined) runNow(command)
}

/** Runs a command; whatever it throws is shown. */
export function runNow(command: Command): void {
  Promise.resolve()
    .then(() => command.run())
    .catch((thrown) => reportFailure(`${command.name} failed`, thrown))
}
