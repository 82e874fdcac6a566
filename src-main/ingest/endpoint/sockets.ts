import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'

/** For so long the rest of a refused body flows by unread: a client that is still sending reads its answer only then. */
const LINGER = 2_000

/** Answers what never became a request: broken syntax, headers too large, or too slow. The connection ends with it. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400
  const message =
    status === 408 ? 'The request took too long to come.' : (STATUS_CODES[status] ?? 'Bad Request')
  const body = JSON.stringify({ error: { code: 'BAD_REQUEST', message } })
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
    // One that doesn't even read its answer would stay half open.
    () => socket.destroy(),
  )
}

/**
 * A request that is refused before its body was read: the rest flows away for a while so that the client, which may only
 * read once it has sent all, gets its answer; then the connection ends. One that waits to be asked for the body has
 * nothing to send.
 */
export function letTheRestGo(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.expect !== undefined) {
    response.setHeader('connection', 'close')
    return
  }
  request.resume()
  const timer = setTimeout(() => request.socket.destroy(), LINGER)
  request.once('close', () => clearTimeout(timer))
  request.once('end', () => clearTimeout(timer))
}

/** A client that leaves its answer lying is let go: its memory is for others. Work on a batch has no such bound. */
export function watchAnswer(response: ServerResponse, patience: number): void {
  response.once('prefinish', () => {
    const timer = setTimeout(() => response.destroy(), patience)
    response.once('close', () => clearTimeout(timer))
    response.once('finish', () => clearTimeout(timer))
  })
}
