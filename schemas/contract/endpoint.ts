import type { ErrorReport } from './errors.ts'

/** A request that the ingest endpoint answered with an error. */
export interface RefusedRequest {
  /** ms UTC */
  readonly at: number
  /** Of HTTP. */
  readonly status: number
  readonly method: string
  readonly path: string
  readonly message: string
}

/** How the ingest endpoint of the app stands (SPEC H). */
export interface EndpointState {
  /** As the person set it; nothing listens while it is false. */
  readonly on: boolean
  /** As it was set; 0 is any that is free. */
  readonly port: number
  /** Where it listens now, `http://127.0.0.1:17311`; null while it doesn't. */
  readonly url: string | null
  /** Absolute; there once the endpoint was switched on for the first time. */
  readonly tokenFile: string
  /** Folder that batches go to; null while no store is open. */
  readonly store: string | null
  /** Since it was switched on. */
  readonly batches: number
  /** Lines whose rows were new, since it was switched on. */
  readonly accepted: number
  /** Requests answered with an error since it was switched on. */
  readonly refused: number
  /** The newest of them first, some at most. */
  readonly refusals: readonly RefusedRequest[]
  /** Why it doesn't listen although it is on: a port that is taken. */
  readonly error: ErrorReport | null
}

/** The port unless another is set: bots are told it once. */
export const ENDPOINT_PORT = 17_311
