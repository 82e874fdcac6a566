import { Command, CommanderError } from 'commander'
import { addCompact } from './commands/compact.ts'
import { addDoctor } from './commands/doctor.ts'
import { addExport } from './commands/export.ts'
import { addFeed } from './commands/feed.ts'
import { addIngest } from './commands/ingest.ts'
import { addOperations } from './commands/operations.ts'
import { addPartition } from './commands/partition.ts'
import { addPurge } from './commands/purge.ts'
import { addQuery } from './commands/query.ts'
import { addRebuild } from './commands/rebuild.ts'
import { addResearch } from './commands/research.ts'
import { addSample } from './commands/sample.ts'
import { addServe } from './commands/serve.ts'
import { addSettings } from './commands/settings.ts'
import { addUndo } from './commands/undo.ts'
import { addViewport } from './commands/viewport.ts'
import type { CommonFlags } from './flags.ts'
import { type ExitCode, Terminal } from './terminal.ts'
import { given } from './with-store.ts'

/** A command's work, once its words are understood: `store` is absolute. */
export type Run<Flags> = (flags: Flags & CommonFlags, terminal: Terminal) => Promise<ExitCode>

/** Gives a command its work; the terminal exists once words are understood. */
export type Register = <Flags>(flags: Flags & CommonFlags, run: Run<Flags>) => Promise<void>

/**
 * Runs one command line.
 * @param argv the words after the program's name
 * @returns the exit code; never throws for anything a user can do
 */
export async function run(argv: readonly string[], version: string): Promise<ExitCode> {
  const terminal = new Terminal()
  let code: ExitCode = 0
  const register: Register = async (flags, work) => {
    code = await work({ ...flags, store: given(flags.store) }, terminal)
  }
  const program = programOf(version, register)
  try {
    await program.parseAsync(argv, { from: 'user' })
    return terminal.settled(code)
  } catch (thrown) {
    // Help and version were asked for and given; everything else of commander's is bad use, told already.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2
    return terminal.fail(thrown)
  } finally {
    terminal.clearProgress()
  }
}

function programOf(version: string, register: Register): Command {
  const program = new Command('barkeep')
    .description('Writes, checks, compacts and shows a folder of Parquet that a trading bot fills.')
    .version(version, '--version')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(`${oneLine(text)} See barkeep --help.\n`),
    })
    .addHelpText(
      'after',
      `
Every command takes --store DIR (default: storage) and --json.
Exit code: 0 done, 1 done but with rejected rows, failed days or findings, 2 could not.

Examples:
  barkeep sample --days 20
  barkeep ingest candles bars.ndjson
  bot | barkeep ingest events -
  barkeep ingest decisions day.ndjson --backfill --dry-run
  barkeep viewport --symbol SPY --timeframe 2m --from 2024-03-08T08:30:00 --to 2024-03-08T15:00:00
  barkeep compact --all --dry-run`,
    )
  addSample(program, register)
  addIngest(program, register)
  addViewport(program, register)
  addQuery(program, register)
  addResearch(program, register)
  addExport(program, register)
  addCompact(program, register)
  addPurge(program, register)
  addDoctor(program, register)
  addRebuild(program, register)
  addUndo(program, register)
  addOperations(program, register)
  addPartition(program, register)
  addSettings(program, register)
  addServe(program, register)
  addFeed(program, register)
  return program
}

/** Commander's message as this program says things: one line, a whole sentence. */
function oneLine(text: string): string {
  const line = text
    .replace(/^error: /, 'barkeep: ')
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ')
  return /[.)]$/.test(line) ? line : `${line}.`
}
