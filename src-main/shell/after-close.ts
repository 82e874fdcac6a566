import type { AfterCloseState } from '../../schemas/contract/live.ts'
import type { EngineHost } from './engine-host.ts'
import type { Jobs } from './jobs.ts'
import type { Logger } from './log.ts'
import type { Notify } from './notifications.ts'

export interface AfterCloseContext {
  readonly engine: EngineHost
  readonly jobs: Jobs
  readonly logger: Logger
  readonly notify: Notify
  readonly onState: (state: AfterCloseState) => void
}

/** Runs the compaction after the close of trading days while the app is open, and catches up at its start. */
export class AfterClose {
  readonly #context: AfterCloseContext

  constructor(context: AfterCloseContext) {
    this.#context = context
  }

  get state(): AfterCloseState {
    return { on: false, time: '15:15', nextAt: null, nextSession: null, last: null, error: null }
  }

  /** A store was opened, its settings were changed, or the clock was set: works out anew what is due when. */
  async begin(): Promise<void> {
    this.#context.onState(this.state)
  }

  async stop(): Promise<void> {}
}
