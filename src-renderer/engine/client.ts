import type {
  CallName,
  DroppedFile,
  EngineBridge,
  EngineCalls,
  EngineEvents,
  EventName,
  StartedJob,
} from '../../schemas/contract/engine.ts'
import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { ImportRequest } from '../../schemas/generated/requests.ts'

declare global {
  interface Window {
    /** Put there by the preload; absent only where the page was opened outside Barkeep. */
    readonly barkeep?: EngineBridge
  }
}

/** A call that the engine refused or that failed on the way; `report` says which, what happened and what to do. */
export class EngineFailure extends Error {
  override readonly name = 'EngineFailure'
  readonly report: ErrorReport

  constructor(report: ErrorReport, cause?: unknown) {
    super(report.message, cause === undefined ? {} : { cause })
    this.report = report
  }
}

/**
 * The renderer's only door to the store. Everything else in the window goes through `engine`, so that hosting
 * the engine elsewhere (a worker, a socket) stays a change of this file.
 */
export const engine = {
  /** @throws EngineFailure with the engine's coded report; with INTERNAL where the bridge itself broke. */
  async call<Name extends CallName>(
    name: Name,
    payload: Parameters<EngineCalls[Name]>[0],
  ): Promise<ReturnType<EngineCalls[Name]>> {
    const answer = await bridge()
      .call(name, payload)
      .catch((cause: unknown) => {
        throw new EngineFailure(
          {
            code: 'INTERNAL',
            message: `"${name}" got no answer from Barkeep's main process: ${textOf(cause)}`,
          },
          cause,
        )
      })
    if (!answer.ok) throw new EngineFailure(answer.error)
    return answer.value
  },

  /** Imports a file that was dropped on the window. @throws as `call` */
  async importDropped(file: DroppedFile, payload: ImportRequest): Promise<StartedJob> {
    const answer = await bridge()
      .importDropped(file, payload)
      .catch((cause: unknown) => {
        throw new EngineFailure(
          { code: 'INTERNAL', message: `The dropped file got no answer: ${textOf(cause)}` },
          cause,
        )
      })
    if (!answer.ok) throw new EngineFailure(answer.error)
    return answer.value
  },

  /** @returns a function that ends the subscription. */
  on<Name extends EventName>(name: Name, listener: (event: EngineEvents[Name]) => void): () => void {
    return bridge().on(name, listener)
  },
}

/** The report of whatever a call threw, for showing: the engine's own, or INTERNAL for a defect of the window. */
export function failureReport(thrown: unknown): ErrorReport {
  return thrown instanceof EngineFailure ? thrown.report : { code: 'INTERNAL', message: textOf(thrown) }
}

function bridge(): EngineBridge {
  const found = window.barkeep
  if (found === undefined) {
    throw new EngineFailure({
      code: 'INTERNAL',
      message: 'This page runs only inside the Barkeep window. Start it with npm start.',
    })
  }
  return found
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
