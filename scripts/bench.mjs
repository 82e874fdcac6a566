// npm run bench: bundles test/bench for plain Node and runs it. Its flags go through:
// --only NAME… --runs N --keep --out FILE.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { runtimeEnvironment } from './setup/launch.mjs'
import { prepare } from './setup/prepare.mjs'
import { runGroup } from './setup/process-group.mjs'
import { projectRoot } from './setup/project.mjs'
import { requireSandbox } from './setup/sandbox.mjs'
import { reportSetupError } from './setup/setup-error.mjs'

try {
  process.exitCode = await bench(process.argv.slice(2))
} catch (error) {
  reportSetupError(error)
}

/** @param {string[]} args */
async function bench(args) {
  const runtime = await prepare()
  await requireSandbox(runtime.folder)
  const work = mkdtempSync(join(tmpdir(), 'barkeep-bench-work-'))
  // Inside the project, so that the bundle finds its packages. A loader that strips types would slow what is measured.
  const bundle = mkdtempSync(join(projectRoot, '.cache', 'bench-'))
  try {
    await build({
      root: projectRoot,
      configFile: false,
      logLevel: 'error',
      build: {
        ssr: join(projectRoot, 'test/bench/main.ts'),
        outDir: bundle,
        target: 'node20',
        rolldownOptions: { output: { entryFileNames: 'bench.mjs' } },
      },
    })
    const ended = await runGroup(process.execPath, ['--expose-gc', join(bundle, 'bench.mjs'), ...args], {
      cwd: projectRoot,
      env: { ...runtimeEnvironment(runtime), BARKEEP_BENCH_PROJECT: projectRoot, BARKEEP_BENCH_WORK: work },
      what: 'the bench',
    })
    return ended.code
  } finally {
    rmSync(work, { recursive: true, force: true })
    rmSync(bundle, { recursive: true, force: true })
  }
}
