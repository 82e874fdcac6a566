/** What the endpoint takes and how long it waits; documented in docs/api/ingest-endpoint.md (SPEC H7, H8). */
export interface Limits {
  /** Bytes of one batch. */
  readonly bodyBytes: number
  /** Lines of one batch: its answer tells of each. */
  readonly lines: number
  /** Bytes of all batches that are being received or stored at once. */
  readonly heldBytes: number
  /** Whole batches that wait or are being stored at once. */
  readonly batches: number
  /** Connections that have not shown the token yet; beyond it the oldest of them goes. */
  readonly strangers: number
  readonly connections: number
  /** Milliseconds until the head of a request must be there. */
  readonly headPatience: number
  /** Milliseconds until the whole request must be there, and for which a client may leave an answer lying. */
  readonly requestPatience: number
  /** Milliseconds that a connection may rest between two requests. */
  readonly restPatience: number
  /** Milliseconds that batches under way are given when the endpoint closes; then they stop at the next safe point. */
  readonly closePatience: number
}

const MEBIBYTE = 1_048_576

export const LIMITS: Limits = {
  bodyBytes: 16 * MEBIBYTE,
  lines: 10_000,
  heldBytes: 64 * MEBIBYTE,
  batches: 32,
  strangers: 256,
  connections: 1_024,
  headPatience: 5_000,
  requestPatience: 30_000,
  restPatience: 30_000,
  closePatience: 5_000,
}

/** The address that is listened on: this machine and nothing else. */
export const LOOPBACK = '127.0.0.1'
