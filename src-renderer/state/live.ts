import { createStore } from 'zustand/vanilla'
import type { LiveHealth, LiveUpdate } from '../../schemas/contract/live.ts'
import { engine } from '../engine/client.ts'
import { appStore } from './app-store.ts'
import { reportFailure } from './notices.ts'

export interface LiveState {
  /** As last told of the open store; null until it was. */
  readonly health: LiveHealth | null
  /** When it was heard, by `performance.now`. */
  readonly heardAt: number
  /** Of the last update taken. */
  readonly revision: number
}

/** How live the open store is, as the window knows it. */
export const liveStore = createStore<LiveState>(() => ({ health: null, heardAt: 0, revision: 0 }))

/** The present by the engine's clock, ms UTC, whatever this page's says: what is judged by one clock is told by it. */
export function liveNow(): number {
  const { health, heardAt } = liveStore.getState()
  return health === null ? Date.now() : Math.round(health.lookedAt + performance.now() - heardAt)
}

type LiveListener = (update: LiveUpdate) => void

const listeners = new Set<LiveListener>()

/**
 * Hears of every change of the open store, and of no other's: bars, objects and markers for the chart, rows and tables
 * for the other views. @returns a function that ends it
 */
export function onLive(listener: LiveListener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Takes what is pushed from now on. The one listener of `live` events in the window. */
export function followLive(): void {
  engine.on('live', takeLive)
}

/** Takes one update; what still comes of a store that was left is not of this one. */
export function takeLive(update: LiveUpdate): void {
  heard += 1
  const { store } = appStore.getState()
  if (store === null || store.path !== update.store) return
  const { revision, health } = update
  liveStore.setState(health === undefined ? { revision } : { revision, health, heardAt: performance.now() })
  if (update.info !== undefined) appStore.setState({ store: update.info })
  for (const listener of [...listeners]) listener(update)
}

/** Events so far, those of no use included: an answer that was asked for before one may be the older of the two. */
let heard = 0

export function heardSoFar(): number {
  return heard
}

/** Asks how live the store is that was just opened; what is told meanwhile is newer than the answer. */
export async function askHealth(): Promise<void> {
  liveStore.setState({ health: null, revision: 0 })
  const path = appStore.getState().store?.path
  if (path === undefined) return
  try {
    const health = await engine.call('liveHealth', null)
    if (appStore.getState().store?.path !== path) return
    if (liveStore.getState().health === null) liveStore.setState({ health, heardAt: performance.now() })
  } catch (thrown) {
    reportFailure('How live the store is could not be asked', thrown)
  }
}
