import { defineConfig } from 'vitest/config'

/**
 * Set-up scripts and command line run on plain Node alone, whatever the store's tests run in. The
 * renderer's and the shell's pure parts never reach the store: a second engine would tell nothing.
 */
const nodeOnlyTests = [
  'test/unit/{setup,shell,renderer,chart}-*.test.{ts,tsx}',
  'test/contract/cli-*.test.ts',
]
/**
 * Enumerated faults (killed writers are plain Node anyway, and a failing file step fails alike in both), generated text,
 * and years of real bars: the same calls again, a minute of them.
 */
const nodeOnlyFaults = [
  'test/fault/**',
  'test/property/{bad-input,endpoint-input,research}.test.ts',
  'test/golden/spy-bars.test.ts',
]
/** Calendar arithmetic, the sample's own figures, readers that are processes of plain Node, clients that are slow on purpose, and days on end. */
const nodeOnlySlow = [
  'test/unit/{gaps,sample,sample-ledger}.test.ts',
  'test/contract/endpoint-{serve,slow}.test.ts',
  'test/contract/live-week.test.ts',
  'test/contract/reading-beside-*.test.ts',
]
/** Rules over the same reading and writing that the rest goes through: a second run of half a minute. */
const nodeOnlyRules = [
  'test/unit/{doctor,repair,purge,research,audit-timeline,decision-detail}.test.ts',
  'test/unit/ledger-{doctor,drift,files-change,healthy,months,months-others,others,overview,purge,undoable}.test.ts',
  'test/unit/{feed-plan,live-health,live-tails-ledger,operations,stored-emas,after-close-run}.test.ts',
]
const inElectron = process.env.BARKEEP_TEST_RUNTIME === 'electron'

/**
 * Two projects, so that the store's own tests can be run a second time inside Electron
 * (`npm test -- --only electron`) without those that only read source files.
 */
export default defineConfig({
  test: {
    // Cores are few and every test file opens DuckDB, which has threads of its own; a third fills the waits for the disk.
    maxWorkers: 3,
    // A bound for what hangs, not for what is slow: a loaded machine takes five times as long.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'store',
          include: ['test/{unit,contract,golden,property,fault}/**/*.test.{ts,tsx}'],
          exclude: inElectron ? [...nodeOnlyTests, ...nodeOnlyFaults, ...nodeOnlySlow, ...nodeOnlyRules] : [],
        },
      },
      { extends: true, test: { name: 'architecture', include: ['test/architecture/**/*.test.ts'] } },
    ],
  },
})
