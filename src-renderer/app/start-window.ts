import type { StoreInfo } from '../../schemas/contract/health.ts'
import type { Preferences } from '../../schemas/generated/requests.ts'
import { followEndpoint } from '../endpoint/endpoint-store.ts'
import { engine, failureReport } from '../engine/client.ts'
import { followAfterClose } from '../state/after-close.ts'
import { appStore } from '../state/app-store.ts'
import { runCommand } from '../state/commands.ts'
import { applyJobUpdate, forgetEndedJobs, jobsStore } from '../state/jobs.ts'
import { listenToKeys } from '../state/keyboard.ts'
import { askHealth, followLive, heardSoFar } from '../state/live.ts'
import { reportFailure } from '../state/notices.ts'
import { flushPreferences, loadPreferences } from '../state/preferences.ts'
import { followChanges, moveRevision } from '../state/store-revision.ts'
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
  appStore.setState({ store: await firstInfo(), phase: 'running' })
  await askHealth()
}

function listenToEngine(): void {
  engine.on('job', (update) => {
    jobsStore.setState((state) => applyJobUpdate(state, update))
    if (update.state === 'running') return
    if (update.kind !== 'doctor' && update.kind !== 'export') moveRevision()
    if (update.kind === 'doctor' || update.kind === 'repair') {
      appStore.setState(({ storeRevision }) => ({ checkedRevision: storeRevision }))
    }
    tellOutcome(update)
  })
  engine.on('storeOpened', showStore)
  followLive()
  followChanges()
  engine.on('command', runCommand)
  followEndpoint()
  followAfterClose()
}

function showStore(store: StoreInfo): void {
  forgetEndedJobs()
  appStore.setState(({ storeGeneration }) => ({
    store,
    phase: 'running',
    openingError: null,
    storeGeneration: storeGeneration + 1,
  }))
  void askHealth()
}

/** What changed while the question was under way is newer than its answer, and was told to nobody yet. */
async function firstInfo(): Promise<StoreInfo | null> {
  for (let tries = 0; ; tries++) {
    const before = heardSoFar()
    const store = await engine.call('storeInfo', null)
    if (before === heardSoFar() || tries === FIRST_TRIES) return store
  }
}

/** With bars that come faster than this is answered the next one tells. */
const FIRST_TRIES = 3
