import { ENDPOINT_PORT, type EndpointState, type RefusedRequest } from '../../schemas/contract/endpoint.ts'
import { BarkeepError, type ErrorReport, reportOf } from '../../schemas/contract/errors.ts'
import type { EndpointRequest } from '../../schemas/generated/requests.ts'
import type { EngineHost, RunningEndpoint, TokenFile } from './engine-host.ts'
import type { Logger } from './log.ts'
import { Paced } from './paced.ts'
import type { Settings } from './settings.ts'

/** So many refused requests are shown. */
const SHOWN_REFUSALS = 20
/** So many are logged, then one in so many: whoever knocks all day must not fill the disk. */
const LOGGED_REFUSALS = 100
/** Milliseconds between two words to the window, however fast bots send. */
const PACE = 500

export interface EndpointContext {
  readonly engine: EngineHost
  readonly settings: Settings
  /** Absolute path of the token file. */
  readonly tokenFile: string
  readonly version: string
  readonly logger: Logger
  readonly onState: (state: EndpointState) => void
  /** A batch could not be stored: that the disk is full concerns more than its bot. */
  readonly onProblem?: ((problem: ErrorReport) => void) | undefined
}

/** The ingest endpoint as the app has it: switched by a person, kept through restarts, told to the window. */
export class EndpointSwitch {
  readonly #context: EndpointContext
  readonly #tell: Paced
  #token: TokenFile | null = null
  #running: RunningEndpoint | null = null
  #error: ErrorReport | null = null
  #batches = 0
  #accepted = 0
  #refused = 0
  #refusals: readonly RefusedRequest[] = []
  #turn: Promise<unknown> = Promise.resolve()

  constructor(context: EndpointContext) {
    this.#context = context
    this.#tell = new Paced(PACE, () => context.onState(this.state))
  }

  get state(): EndpointState {
    const { settings, engine, tokenFile } = this.#context
    const running = this.#running
    return {
      ...(settings.endpoint ?? { on: false, port: ENDPOINT_PORT }),
      url: running === null ? null : `http://${running.address}:${running.port}`,
      tokenFile,
      store: engine.path,
      batches: this.#batches,
      accepted: this.#accepted,
      refused: this.#refused,
      refusals: this.#refusals,
      error: this.#error,
    }
  }

  /** Begins to listen where the person left it switched on. Never rejects: what went wrong stands in the state. */
  async begin(): Promise<void> {
    if (!this.state.on) return
    await this.#inTurn(() => this.#start())
    this.#tell.ask()
  }

  /** Switches it on or off, or to another port; what went wrong stands in the state. */
  set({ on, port }: EndpointRequest): Promise<EndpointState> {
    return this.#inTurn(async () => {
      const { settings, logger } = this.#context
      await this.#stop()
      settings.rememberEndpoint({ on, port })
      logger.info({ on, port }, 'the ingest endpoint was switched')
      this.#error = null
      ;[this.#batches, this.#accepted, this.#refused, this.#refusals] = [0, 0, 0, []]
      if (on) await this.#start()
      return this.state
    })
  }

  /** A new token from now on. @throws IO */
  renewToken(): Promise<EndpointState> {
    return this.#inTurn(async () => {
      ;(await this.#tokenFile()).renew()
      this.#context.logger.info('the ingest endpoint has a new token')
      return this.state
    })
  }

  /** What bots have to show; for the clipboard, never for the page. @throws BAD_REQUEST before the first switching on */
  token(): Promise<string> {
    return this.#inTurn(async () => {
      if (!this.state.on)
        throw new BarkeepError('BAD_REQUEST', 'Switch the endpoint on first; it makes the token.')
      return (await this.#tokenFile()).token
    })
  }

  /** Ends it in order, and for good: batches under way are finished or told. */
  async stop(): Promise<void> {
    await this.#inTurn(() => this.#stop())
    this.#tell.stop()
  }

  async #start(): Promise<void> {
    const { engine, version, logger, settings } = this.#context
    try {
      const token = await this.#tokenFile()
      this.#running = await engine.serve(settings.endpoint?.port ?? ENDPOINT_PORT, {
        version,
        token,
        onTaken: (accepted) => {
          this.#batches += 1
          this.#accepted += accepted
          this.#tell.ask()
        },
        onRefused: ({ thrown, ...told }) => {
          this.#refused += 1
          this.#refusals = [{ at: Date.now(), ...told }, ...this.#refusals].slice(0, SHOWN_REFUSALS)
          this.#tell.ask()
          const isLogged = this.#refused <= LOGGED_REFUSALS || this.#refused % LOGGED_REFUSALS === 0
          if (thrown === undefined) {
            if (isLogged)
              logger.warn({ ...told, refused: this.#refused }, 'the ingest endpoint refused a request')
            return
          }
          logger.error({ ...told, err: thrown }, 'the ingest endpoint could not store a batch')
          this.#context.onProblem?.(reportOf(thrown))
        },
      })
      logger.info({ port: this.#running.port }, 'the ingest endpoint listens')
    } catch (thrown) {
      this.#error = reportOf(thrown)
      logger.error({ err: thrown }, 'the ingest endpoint could not begin')
    }
  }

  async #stop(): Promise<void> {
    const running = this.#running
    this.#running = null
    await running?.close()
  }

  async #tokenFile(): Promise<TokenFile> {
    this.#token ??= await this.#context.engine.tokenFile(this.#context.tokenFile)
    return this.#token
  }

  /** One change after the other: two at once could leave one listening that nobody knows of. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work)
    this.#turn = mine.catch(() => undefined)
    return mine
  }
}
