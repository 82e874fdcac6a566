import type { Env } from '../../src-main/store/fs/env.ts'
import { nodeEnv } from '../../src-main/store/fs/node-env.ts'

/** The clock of a store that is built: days after its last bar, so that all of its days are past. */
const BUILT_AT = Date.parse('2026-01-10T00:00:00Z')

/**
 * The real file system for building stores: nothing waits for the disk, and clock and ids count up, so that the same
 * plan gives the same names and bytes. Never used where something is measured.
 */
export function builderEnv(): Env {
  let ids = 0
  let ticks = 0
  return {
    ...nodeEnv,
    syncFile: async () => undefined,
    syncDir: async () => undefined,
    now: () => BUILT_AT + ticks++,
    randomId: () => (++ids).toString(16).padStart(8, '0'),
  }
}
