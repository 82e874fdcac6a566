import type { StoreInfo } from '../../schemas/contract/health.ts'
import type { Preferences } from '../../schemas/generated/requests.ts'
import { followEndpoint } from '../endpoint/endpoint-store.ts'
import { engine, failureReport } from '../engine/client.ts'
import { appStore } from '../state/app-store.ts'
import { runCommand } from '../state/commands.ts'
import { applyJobUpdate, forgetEndedJobs, jobsStore } from '../state/jobs.ts'
import { listenToKeys } from '../state/keyboard.ts'
import { reportFailure } from '../state/notices.ts'
import { flushPreferences, loadPreferences } from '../state/preferences.ts'
import { registerFrameCommands } from './frame-commands.ts'
import { tellOutcome } from './job-outcomes.ts'
import { followTheme } from './theme.ts'

/** Wires the window to the engine and finds out what it was opened on. Called once, before the first render. */
export function startWindow(): void {
  followTheme()
  registerFrameCommands()
  listenToKeys()
  window.addEventListener('pagehide', flushPreferences)
  learnLaunch().catch((thrown) => {
    appStore.setState({ phase: 'running', openingError: failureReport(thrown) })
  })
}

async function learnLaunch(): Promise<void> {
  listenToEngine()
  const launch = await engine.call('launchInfo', null)
  if (launch.screenshot) document.documentElement.dataset.still = ''
  const kept = await loadPreferences().catch((thrown): Preferences => {
    reportFailure('Preferences could not be read; defaults are used', thrown)
    return {}
  })
  appStore.setState({ launch, view: launch.view ?? kept.view ?? 'chart' })
  const store = await engine.call('storeInfo', null)
  appStore.setState({ store, phase: 'running' })
}

function listenToEngine(): void {
  engine.on('job', (update) => {
    jobsStore.setState((state) => applyJobUpdate(state, update))
    if (update.state === 'running') return
    if (update.kind === 'doctor' || update.kind === 'repair') {
      appStore.setState(({ storeRevision }) => ({ checkedRevision: storeRevision }))
    }
    tellOutcome(update)
  })
  engine.on('storeOpened', showStore)
  engine.on('live', ({ store, info }) => {
    // What still comes of a store that was left is not of this one.
    if (info !== undefined && appStore.getState().store?.path === store) appStore.setState({ store: info })
  })
  engine.on('storeChanged', () => {
    appStore.setState(({ storeRevision }) => ({ storeRevision: storeRevision + 1 }))
    refreshStoreInfo()
  })
  engine.on('command', runCommand)
  followEndpoint()
}

function showStore(store: StoreInfo): void {
  forgetEndedJobs()
  appStore.setState(({ storeGeneration }) => ({
    store,
    phase: 'running',
    openingError: null,
    storeGeneration: storeGeneration + 1,
  }))
}

let refreshing = false
let refreshAgain = false

/** Asks for the store's info, one question at a time: a burst of changes ends in one answer that saw them all. */
function refreshStoreInfo(): void {
  if (refreshing) {
    refreshAgain = true
    return
  }
  refreshing = true
  engine
    .call('storeInfo', null)
    .then((store) => appStore.setState({ store }))
    .catch((thrown) => reportFailure('The store could not be looked at', thrown))
    .finally(() => {
      refreshing = false
      if (refreshAgain) {
        refreshAgain = false
        refreshStoreInfo()
      }
    })
}
