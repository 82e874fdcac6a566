#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { run } from './program.ts'

// The project's own file lies two folders up both from the source and from out/main/.
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
}

// An exit code and no exit(): what was printed is still on its way through the pipe.
process.exitCode = await run(process.argv.slice(2), version)
