import type { LedgerTable } from '../../schemas/tables/index.ts'

/** What is looked at by itself: bars and objects together, and each table of the ledger. */
export type StorePart = 'bars' | LedgerTable

/** A text for each part that differs whenever the part does. */
export type StoreLook = Readonly<Record<StorePart, string>>

export interface StoreWatchOptions {
  /** Asks what stands in the store; null while there is nothing to ask or nobody to show it to. */
  readonly look: () => Promise<StoreLook | null>
  readonly onChange: (changed: readonly StorePart[]) => void
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
  let seen: StoreLook | null = null
  let timer: NodeJS.Timeout | null = null
  let stopped = false

  const lookOnce = async () => {
    const started = performance.now()
    // The first answer takes the opening and the first reading of the store with it: no measure of a look.
    const isFirst = seen === null
    try {
      const now = await look()
      if (stopped) return
      if (now !== null) {
        const changed = seen === null ? [] : changedParts(seen, now)
        seen = now
        if (changed.length > 0) onChange(changed)
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

function changedParts(before: StoreLook, now: StoreLook): readonly StorePart[] {
  return (Object.keys(now) as StorePart[]).filter((part) => now[part] !== before[part])
}
