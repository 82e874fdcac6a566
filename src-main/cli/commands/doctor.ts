import type { Command } from 'commander'
import type { Finding } from '../../../schemas/contract/health.ts'
import { type CommonFlags, withCommonFlags } from '../flags.ts'
import type { Register } from '../program.ts'
import { counted, type TextColumn, textTable } from '../text-table.ts'
import { withStore } from '../with-store.ts'

const COLUMNS: readonly TextColumn<Finding>[] = [
  { name: 'CODE', value: ({ code }) => code },
  { name: 'PATH', value: ({ path }) => path },
  { name: 'DETAIL', value: ({ detail }) => detail },
]

export function addDoctor(program: Command, register: Register): void {
  withCommonFlags(program.command('doctor'))
    .description('Read every file of the store and tell what is wrong or waiting; changes nothing.')
    .action((flags: CommonFlags) =>
      register(flags, async ({ store: folder, json }, terminal) => {
        const work = { onProgress: terminal.progress, signal: terminal.signal }
        const findings = await withStore({ store: folder }, { create: false }, (store) =>
          store.reader.doctor(work),
        )
        if (json) await terminal.json({ findings })
        else if (findings.length === 0) await terminal.write(`Nothing to report: ${folder} is in order.\n`)
        else
          await terminal.write(
            `${textTable(COLUMNS, findings)}\n${counted(findings.length, 'finding')} in ${folder}\n`,
          )
        return findings.length > 0 ? 1 : 0
      }),
    )
}
