import { createStore } from 'zustand/vanilla'
import type { EndpointState } from '../../schemas/contract/endpoint.ts'
import type { ErrorReport } from '../../schemas/contract/errors.ts'
import { engine } from '../engine/client.ts'
import { appStore, showOverlay } from '../state/app-store.ts'
import { announce, reportFailure, showFailure } from '../state/notices.ts'

export interface EndpointView {
  /** As main last told it; null until it did. */
  readonly state: EndpointState | null
  /** A switch, a port or a token is on its way. */
  readonly busy: boolean
}

/** The ingest endpoint as the window knows it. */
export const endpointStore = createStore<EndpointView>(() => ({ state: null, busy: false }))

/** Hears of the endpoint from now on; one that should listen and doesn't is told at once. */
export function followEndpoint(): void {
  engine.on('endpoint', take)
  void look()
}

/** Opens the dialog on how it stands now: another store may be open since it was last told. */
export function openEndpoint(): void {
  showOverlay('endpoint')
  void look()
}

/** Switches it, or to another port. */
export async function switchEndpoint(on: boolean, port: number): Promise<void> {
  await change('The endpoint could not be switched', () => engine.call('setEndpoint', { on, port }))
}

/** Makes a new token; bots that show the old one are refused from then on. */
export async function renewToken(): Promise<void> {
  await change('The token could not be replaced', async () => {
    const state = await engine.call('renewEndpointToken', null)
    announce('The ingest endpoint has a new token', 'endpoint')
    return state
  })
}

/** Puts the token on the clipboard. @returns whether it is there */
export async function copyToken(): Promise<boolean> {
  try {
    await engine.call('copyEndpointToken', null)
    return true
  } catch (thrown) {
    reportFailure('The token could not be copied', thrown)
    return false
  }
}

async function look(): Promise<void> {
  try {
    take(await engine.call('endpointState', null))
  } catch (thrown) {
    reportFailure('The ingest endpoint could not be looked at', thrown)
  }
}

async function change(title: string, ask: () => Promise<EndpointState>): Promise<void> {
  if (endpointStore.getState().busy) return
  endpointStore.setState({ busy: true })
  try {
    take(await ask())
  } catch (thrown) {
    reportFailure(title, thrown)
  } finally {
    endpointStore.setState({ busy: false })
  }
}

let told: ErrorReport | null = null

function take(state: EndpointState): void {
  endpointStore.setState({ state })
  // The dialog says it itself, and for as long as it is so.
  const isInSight = appStore.getState().overlay === 'endpoint'
  if (state.error !== null && state.error.message !== told?.message && !isInSight)
    showFailure('The ingest endpoint does not listen', state.error)
  told = state.error
}
