import type { StoreInfo } from '../../schemas/contract/health.ts'

export interface StoreWatchOptions {
  /** Asks the store what it holds; null while there is nothing to ask or nobody to show it to. */
  readonly look: () => Promise<StoreInfo | null>
  readonly onChange: () => void
  readonly onFailure: (thrown: unknown) => void
}

export interface StoreWatch {
  stop(): void
}

/** Between two looks. A bar comes every two minutes or less often; five seconds late is soon. */
const INTERVAL = 5_000
/** A look at a large store may take a while: it gets at most this share of the time. */
const SHARE = 20

/**
 * Notices what bots and the command line write beside the app, by looking: it works on every file system, network
 * folders included, and needs no watch descriptor a folder.
 */
export function watchStore({ look, onChange, onFailure }: StoreWatchOptions): StoreWatch {
  let seen: string | null = null
  let timer: NodeJS.Timeout | null = null
  let stopped = false

  const lookOnce = async () => {
    const started = performance.now()
    // The first answer takes the opening and the first reading of the store with it: no measure of a look.
    const isFirst = seen === null
    try {
      const info = await look()
      if (stopped) return
      if (info !== null) {
        const now = JSON.stringify(info)
        if (seen !== null && seen !== now) onChange()
        seen = now
      }
    } catch (thrown) {
      onFailure(thrown)
    }
    const wait = isFirst ? INTERVAL : Math.max(INTERVAL, (performance.now() - started) * SHARE)
    if (!stopped) timer = setTimeout(() => void lookOnce(), wait)
  }
  void lookOnce()
  return {
    stop: () => {
      stopped = true
      if (timer !== null) clearTimeout(timer)
    },
  }
}
