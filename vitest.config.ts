import { defineConfig } from 'vitest/config'

/** Tests of the set-up scripts concern Node alone, whatever the store's tests run in. */
const setUpTests = 'test/unit/setup-*.test.ts'
const inElectron = process.env.BARKEEP_TEST_RUNTIME === 'electron'

/**
 * Two projects, so that the store's own tests can be run a second time inside Electron
 * (`npm test -- --only electron`) without those that only read source files.
 */
export default defineConfig({
  test: {
    // Cores are few and every test file opens DuckDB, which has threads of its own.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'store',
          include: ['test/{unit,contract,golden,property,fault}/**/*.test.{ts,tsx}'],
          exclude: inElectron ? [setUpTests] : [],
        },
      },
      { extends: true, test: { name: 'architecture', include: ['test/architecture/**/*.test.ts'] } },
    ],
  },
})
