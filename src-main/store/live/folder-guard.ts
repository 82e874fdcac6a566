import type { FolderState } from '../../../schemas/contract/live.ts'
import type { StoreContext } from '../context.ts'
import type { FileStat } from '../fs/env.ts'

/**
 * Whether the store's folder is there: one on a drive or a network goes and comes back (SPEC F5). While it is gone nothing
 * is looked at, so that what is shown stays as it was.
 */
export class FolderGuard {
  readonly #context: StoreContext
  #state: FolderState = { state: 'there' }
  #seen: FileStat | null = null
  #wasEmpty = false

  constructor(context: StoreContext) {
    this.#context = context
  }

  get state(): FolderState {
    return this.#state
  }

  /**
   * @returns `same` while the folder is the one seen before, `other` when it is back or another stands in its place,
   * `gone`. Never throws: a folder that can't be asked for is gone, with the reason.
   */
  async look(): Promise<'same' | 'other' | 'gone'> {
    const { env, root } = this.#context
    let found: FileStat | null
    let isEmpty: boolean
    try {
      found = await env.stat(root)
      // A drive that was taken out leaves the empty folder that it was mounted on; one that was empty fills.
      const isOther = found?.isDirectory === true && found.inode !== this.#seen?.inode
      isEmpty = isOther || this.#wasEmpty ? (await env.readDir(root)).length === 0 : false
    } catch (thrown) {
      return this.#isGone(
        `The store's folder ${root} can't be looked at: ${thrown instanceof Error ? thrown.message : String(thrown)}.`,
      )
    }
    if (found?.isDirectory !== true) return this.#isGone(`The store's folder ${root} is gone.`)
    const isFirst = this.#seen === null
    if (isEmpty && !isFirst && !this.#wasEmpty) {
      return this.#isGone(`The store's folder ${root} is another one now, and empty: is its drive connected?`)
    }
    const isSame = this.#state.state === 'there' && (isFirst || found.inode === this.#seen?.inode)
    this.#seen = found
    this.#wasEmpty = isEmpty
    this.#state = { state: 'there' }
    return isSame ? 'same' : 'other'
  }

  #isGone(message: string): 'gone' {
    const since = this.#state.state === 'gone' ? this.#state.since : this.#context.env.now()
    const told = `${message} What is shown is what was last read; it goes on by itself once the folder is back.`
    this.#state = { state: 'gone', since, error: { code: 'NO_STORE', message: told } }
    return 'gone'
  }
}
