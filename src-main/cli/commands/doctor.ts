import type { Command } from 'commander'
import type { Finding } from '../../../schemas/contract/health.ts'
import type { Store, WorkOptions } from '../../store/api.ts'
import { type CommonFlags, withCommonFlags } from '../flags.ts'
import type { Register } from '../program.ts'
import type { ExitCode } from '../terminal.ts'
import { counted, type TextColumn, textTable } from '../text-table.ts'
import { withStore } from '../with-store.ts'

interface DoctorFlags extends CommonFlags {
  readonly repair?: boolean
}

const COLUMNS: readonly TextColumn<Finding>[] = [
  { name: 'CODE', value: ({ code }) => code },
  { name: 'PATH', value: ({ path }) => path },
  { name: 'DETAIL', value: ({ detail }) => detail },
]

const LEFT: readonly TextColumn<Finding>[] = [
  ...COLUMNS,
  { name: '--repair WOULD', value: ({ repair = '' }) => repair },
]

const REPAIRED: readonly TextColumn<Finding>[] = [
  ...COLUMNS,
  { name: 'REPAIRED', value: ({ repair = '' }) => repair },
]

export function addDoctor(program: Command, register: Register): void {
  withCommonFlags(program.command('doctor'))
    .description('Read every file of the store and tell what is wrong or waiting; changes nothing by itself.')
    .option('--repair', 'mend what can be mended without losing anything, and tell what was done')
    .action((flags: DoctorFlags) =>
      register(flags, async ({ store: folder, json, repair = false }, terminal) => {
        const work = { onProgress: terminal.progress, signal: terminal.signal }
        const { findings, cancelled } = await withStore({ store: folder }, { create: false }, (store) =>
          repair ? store.compactor.repair(work) : lookedAt(store, work),
        )
        if (json) await terminal.json({ findings })
        else await terminal.write(textOf(findings, folder))
        return cancelled ? 2 : exitCodeOf(findings)
      }),
    )
}

async function lookedAt(
  store: Store,
  work: WorkOptions,
): Promise<{ readonly findings: readonly Finding[]; readonly cancelled: boolean }> {
  return { findings: await store.reader.doctor(work), cancelled: false }
}

/** Whether the store is in order now: what was repaired no longer counts. */
function exitCodeOf(findings: readonly Finding[]): ExitCode {
  return findings.some(({ repaired }) => !repaired) ? 1 : 0
}

function textOf(findings: readonly Finding[], folder: string): string {
  const repaired = findings.filter((finding) => finding.repaired)
  const left = findings.filter((finding) => !finding.repaired)
  const mended =
    repaired.length === 0
      ? ''
      : `${textTable(REPAIRED, repaired)}\n${counted(repaired.length, 'finding')} repaired in ${folder}\n`
  if (left.length === 0) return `${mended}Nothing to report: ${folder} is in order.\n`
  const columns = left.some(({ repair }) => repair !== undefined) ? LEFT : COLUMNS
  const between = mended === '' ? '' : '\n'
  return `${mended}${between}${textTable(columns, left)}\n${counted(left.length, 'finding')} in ${folder}\n`
}
