import type { Socket } from 'node:net'

/**
 * Connections that have not shown the token yet. Beyond a number of them the oldest goes, so that however many are opened
 * and left silent, a bot that comes still gets in (SPEC H8).
 */
export class Strangers {
  readonly #most: number
  readonly #sockets = new Set<Socket>()

  constructor(most: number) {
    this.#most = most
  }

  add(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    if (this.#sockets.size <= this.#most) return
    const [oldest] = this.#sockets
    oldest?.destroy()
  }

  /** The token was shown on it. */
  welcome(socket: Socket): void {
    this.#sockets.delete(socket)
  }
}
