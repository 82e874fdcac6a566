import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import { BATCH_TABLES, type Batch, type BatchAnswer, type BatchName } from './batch.ts'
import { Intake } from './body.ts'
import { checkBatchHead, refusedAtTheDoor } from './guards.ts'
import { LIMITS, type Limits, LOOPBACK } from './limits.ts'
import { openApiDocument } from './openapi.ts'
import { Refusal, refusalOf } from './refusal.ts'
import { answerBrokenRequest, letTheRestGo, watchAnswer } from './sockets.ts'
import { Strangers } from './strangers.ts'
import type { TokenFile } from './token-file.ts'

/** Whose endpoint it is: takes whole batches, and hears what was refused. */
export interface EndpointHost {
  readonly version: string
  readonly token: TokenFile
  /** @throws Refusal, or what a store throws */
  take(batch: Batch): Promise<BatchAnswer>
  /** Absolute path of the store that batches go to now; null while none is open. */
  store(): string | null
  /** A request that was answered with an error. Never holds the token, nor anything of the body. */
  onRefused(refused: Refused): void
}

export interface Refused {
  readonly status: number
  readonly message: string
  readonly method: string
  /** Without what stands behind a question mark. */
  readonly path: string
  /** Only where it is Barkeep's or the disk's own fault. */
  readonly thrown?: unknown
}

export interface Endpoint {
  readonly address: string
  readonly port: number
  /** Takes no more, lets batches under way finish for a while, then stops them at their next safe point and tells it. */
  close(): Promise<void>
}

/**
 * Listens on this machine's own address and answers bots (SPEC H).
 * @param port 0 for any that is free
 * @throws IO when the port is taken
 */
export async function startEndpoint(
  host: EndpointHost,
  port: number,
  limits: Limits = LIMITS,
): Promise<Endpoint> {
  const serving = new Serving(host, limits)
  await serving.listen(port)
  return serving
}

class Serving implements Endpoint {
  readonly address = LOOPBACK
  readonly #host: EndpointHost
  readonly #limits: Limits
  readonly #app: FastifyInstance
  readonly #intake: Intake
  readonly #strangers: Strangers
  /** One a batch: on a signal of all, listeners would pile up. */
  readonly #aborts = new Set<AbortController>()
  /** The end of the batch before, by connection: requests of one that come without waiting go in order (SPEC H11). */
  readonly #turns = new WeakMap<Socket, Promise<unknown>>()
  readonly #under = new Set<Promise<unknown>>()
  #port = 0
  #document: string | null = null
  #closing: Promise<void> | null = null

  constructor(host: EndpointHost, limits: Limits) {
    this.#host = host
    this.#limits = limits
    this.#intake = new Intake(limits)
    this.#strangers = new Strangers(limits.strangers)
    this.#app = this.#routes()
  }

  get port(): number {
    return this.#port
  }

  async listen(port: number): Promise<void> {
    try {
      await this.#app.listen({ host: LOOPBACK, port })
    } catch (cause) {
      await this.#app.close()
      throw new BarkeepError(
        'IO',
        `Port ${port} of ${LOOPBACK} ${whyNot(cause)}. Choose another, or 0 for any.`,
        {
          cause,
        },
      )
    }
    const bound = this.#app.server.address()
    this.#port = typeof bound === 'object' && bound !== null ? bound.port : port
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const closed = this.#app.close()
    const patience = setTimeout(() => {
      for (const abort of this.#aborts) abort.abort()
    }, this.#limits.closePatience)
    try {
      while (this.#under.size > 0) await Promise.allSettled(this.#under)
    } finally {
      clearTimeout(patience)
    }
    // What is left has been answered, or has not even asked.
    this.#app.server.closeAllConnections()
    await closed
  }

  #routes(): FastifyInstance {
    const app = fastify({
      serverFactory: (handler) => this.#server(handler),
      // Of the body only what the batch's own route reads; see `Intake`.
      bodyLimit: Number.MAX_SAFE_INTEGER,
      exposeHeadRoutes: false,
      forceCloseConnections: 'idle',
      logger: false,
      clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket as Socket),
      frameworkErrors: (error, request, reply) => {
        const refusal = this.#atTheDoor(request.raw) ?? new Refusal(400, 'BAD_REQUEST', error.message)
        this.#refuse(request, reply, refusal)
      },
    })
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _payload, done) => done(null))
    app.addHook('onRequest', async (request, reply) => {
      reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
      watchAnswer(reply.raw, this.#limits.requestPatience)
      const refusal = this.#atTheDoor(request.raw)
      if (refusal !== null) throw refusal
      this.#strangers.welcome(request.raw.socket)
    })
    app.setErrorHandler((error, request, reply) => this.#refuse(request, reply, error))
    app.setNotFoundHandler((request, reply) => this.#refuse(request, reply, noRoute(app, request)))
    app.get('/v1/health', () => ({ ok: true, version: this.#host.version, store: this.#host.store() }))
    app.get('/v1/openapi.json', (_request, reply) => {
      // Made once: it takes longer than storing a bar.
      this.#document ??= JSON.stringify(openApiDocument(this.#host.version, this.#port))
      return reply.type('application/json; charset=utf-8').send(this.#document)
    })
    for (const name of Object.keys(BATCH_TABLES) as BatchName[]) {
      app.post(`/v1/${name}`, {
        onRequest: async ({ raw }) => void checkBatchHead(raw, this.#limits.bodyBytes),
        handler: ({ raw }, reply) => this.#batch(name, raw, reply.raw),
      })
    }
    return app
  }

  #server(handler: (request: IncomingMessage, response: ServerResponse) => void): Server {
    const { headPatience, requestPatience, restPatience, connections } = this.#limits
    const server = createServer(
      {
        headersTimeout: headPatience,
        requestTimeout: requestPatience,
        keepAliveTimeout: restPatience,
        connectionsCheckingInterval: Math.min(1_000, headPatience),
        maxHeaderSize: 8_192,
      },
      handler,
    )
    server.maxConnections = connections
    server.on('connection', (socket) => this.#strangers.add(socket))
    // Nobody is asked for a body before its request has come through the door: see `#batch`.
    server.on('checkContinue', handler)
    return server
  }

  #atTheDoor(request: IncomingMessage): Refusal | null {
    return refusedAtTheDoor(request, this.#port, (given) => this.#host.token.matches(given))
  }

  async #batch(name: BatchName, request: IncomingMessage, response: ServerResponse): Promise<BatchAnswer> {
    const form = checkBatchHead(request, this.#limits.bodyBytes)
    if (this.#host.store() === null)
      throw refusalOf(new BarkeepError('NO_STORE', 'No store is open in Barkeep.'))
    if (request.headers.expect !== undefined) response.writeContinue()
    const before = this.#turns.get(request.socket)
    const mine = this.#intake.hold(request, (body) =>
      this.#underWay(response, async (signal) => {
        await before?.catch(() => undefined)
        return await this.#host.take({ name, form, body, signal })
      }),
    )
    this.#turns.set(request.socket, mine)
    return await mine
  }

  /** What a close waits for: the work itself, whether or not anyone is there to hear of it, and then its answer. */
  async #underWay<T>(response: ServerResponse, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController()
    const done = work(abort.signal)
    const told = Promise.allSettled([done, sent(response)])
    this.#aborts.add(abort)
    this.#under.add(told)
    void told.then(() => {
      this.#aborts.delete(abort)
      this.#under.delete(told)
    })
    return await done
  }

  #refuse(request: FastifyRequest, reply: FastifyReply, thrown: unknown): void {
    const refusal = refusalOf(asOurs(thrown))
    const { method, url } = request.raw
    this.#host.onRefused({
      status: refusal.status,
      message: refusal.message,
      method: method ?? '',
      path: (url ?? '').split('?')[0]?.slice(0, 128) ?? '',
      ...(refusal.status === 500 ? { thrown } : {}),
    })
    if (!request.raw.complete) letTheRestGo(request.raw, reply.raw)
    reply.code(refusal.status).headers(refusal.headers).send(refusal.body)
  }
}

function whyNot(thrown: unknown): string {
  const { code } = thrown as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') return 'is taken'
  return code === 'EACCES'
    ? "may only be used by the system's own programs"
    : `can't be listened on (${code})`
}

/** Fastify's own refusals by the status they carry, the rest as it is. */
function asOurs(thrown: unknown): unknown {
  if (thrown instanceof Refusal || thrown instanceof BarkeepError || !(thrown instanceof Error)) return thrown
  const status = 'statusCode' in thrown && typeof thrown.statusCode === 'number' ? thrown.statusCode : 500
  return status >= 400 && status < 500 ? new Refusal(status, 'BAD_REQUEST', thrown.message) : thrown
}

/** @returns 405 for a path that is known by another method, else 404 */
function noRoute(app: FastifyInstance, { raw }: FastifyRequest): Refusal {
  const path = (raw.url ?? '').split('?')[0] ?? ''
  const method = (['GET', 'POST'] as const).find((each) => app.hasRoute({ method: each, url: path }))
  if (method === undefined) {
    return new Refusal(404, 'NOT_FOUND', 'There is nothing here. GET /v1/openapi.json tells what there is.')
  }
  return new Refusal(405, 'BAD_REQUEST', `${path} is for ${method} alone.`, { headers: { allow: method } })
}

/** Resolves once the answer has been handed to the system, or its connection is gone. */
function sent(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.writableFinished || response.destroyed) resolve()
    else response.once('close', () => resolve()).once('finish', () => resolve())
  })
}
