import type { MenuCommand } from '../../schemas/contract/engine.ts'
import type { Preferences } from '../../schemas/generated/requests.ts'
import type { StoreTable } from '../../schemas/tables/index.ts'
import { openEndpoint } from '../endpoint/endpoint-store.ts'
import { engine, failureReport } from '../engine/client.ts'
import { appStore, showOverlay, type ViewName } from '../state/app-store.ts'
import { type Command, registerCommands } from '../state/commands.ts'
import { planCompaction } from '../state/compaction.ts'
import { exportStore, openExport } from '../state/export.ts'
import { checkStore, healthStore, mendable, planRepair } from '../state/health.ts'
import { newImport } from '../state/import.ts'
import { startJob } from '../state/jobs.ts'
import { announce, reportFailure } from '../state/notices.ts'
import { openPartition } from '../state/partition.ts'
import { preferencesStore, setPreferences } from '../state/preferences.ts'
import { planPurge } from '../state/purge.ts'
import { STORE_TABLES, TABLE_NAMES } from '../state/table-names.ts'
import { SCHEDULE_COMMANDS } from '../storage-health/schedule-commands.ts'

/** Commands that work whatever view is open. Those with a `MenuCommand` id answer the native menu, too. */
export function registerFrameCommands(): () => void {
  return registerCommands([
    menu('view-chart', { name: 'Show chart', group: 'View', keys: ['Mod+1'], run: () => showView('chart') }),
    menu('view-decisions', {
      name: 'Show decisions',
      group: 'View',
      keys: ['Mod+2'],
      run: () => showView('decisions'),
    }),
    menu('view-audits', {
      name: 'Show audits',
      group: 'View',
      keys: ['Mod+3'],
      run: () => showView('audits'),
    }),
    menu('view-research', {
      name: 'Show research',
      group: 'View',
      keys: ['Mod+4'],
      run: () => showView('research'),
    }),
    menu('view-policies', {
      name: 'Show policies',
      group: 'View',
      keys: ['Mod+5'],
      run: () => showView('policies'),
    }),
    menu('view-storage', {
      name: 'Show storage',
      group: 'View',
      keys: ['Mod+6'],
      run: () => showView('storage'),
    }),
    menu('palette', {
      name: 'Command palette',
      group: 'View',
      keys: ['Mod+K', 'Mod+Shift+P'],
      keysOnly: true,
      run: () => showOverlay('palette'),
    }),
    menu('keys', { name: 'Keyboard shortcuts', group: 'View', keys: ['?'], run: () => showOverlay('keys') }),
    menu('open-store', { name: 'Open store…', group: 'Store', keys: ['Mod+O'], run: openStore }),
    menu('compact-all', { name: 'Compact everything…', group: 'Store', run: planEverything }),
    ...Object.values(SCHEDULE_COMMANDS),
    {
      id: 'store.import',
      name: 'Import NDJSON…',
      group: 'Store',
      keys: ['Mod+I'],
      run: () => showImport(),
    },
    ...STORE_TABLES.map((table) => ({
      id: `store.import-${table}`,
      name: `Import ${TABLE_NAMES[table].toLowerCase()}…`,
      group: 'Store',
      run: () => showImport(table),
    })),
    menu('export-rows', { name: 'Export rows…', group: 'Store', keys: ['Mod+E'], run: showExport }),
    menu('partition', { name: 'Partition decisions…', group: 'Store', run: showPartition }),
    menu('endpoint', { name: 'Ingest endpoint…', group: 'Store', run: openEndpoint }),
    menu('notifications', {
      name: 'Notifications: on or off',
      group: 'Store',
      run: switchNotifications,
    }),
    menu('check-store', { name: 'Check the store', group: 'Store', run: check }),
    { id: 'store.repair', name: 'Repair what the last check found…', group: 'Store', run: planMending },
    menu('purge', { name: 'Purge what is kept in recovery…', group: 'Store', run: planPurging }),
    { id: 'store.sample', name: 'Create a sample store…', group: 'Store', run: createSample },
    { id: 'store.reveal', name: 'Show the store in the file manager', group: 'Store', run: revealStore },
    appearance('theme-system', 'Theme: follow the system', { theme: 'system' }),
    appearance('theme-dark', 'Theme: dark', { theme: 'dark' }),
    appearance('theme-light', 'Theme: light', { theme: 'light' }),
    appearance('candles-green-red', 'Candle colours: green and red', { candleColours: 'green-red' }),
    appearance('candles-blue-orange', 'Candle colours: blue and orange', { candleColours: 'blue-orange' }),
  ])
}

/** Brings a view to the front and remembers it. A dialog over the view that is left goes with it. */
export function showView(view: ViewName): void {
  appStore.setState({ view, overlay: null })
  setPreferences({ view })
}

/** Asks for a folder; one that can't be opened shows where a store would be, or as a notice beside the open one. */
export async function openStore(): Promise<void> {
  try {
    await engine.call('openStore', null)
  } catch (thrown) {
    if (appStore.getState().store === null) appStore.setState({ openingError: failureReport(thrown) })
    else reportFailure('The store could not be opened', thrown)
  }
}

export async function createSample(): Promise<void> {
  await startJob('createSample', null, 'The sample store could not be created')
}

export async function revealStore(): Promise<void> {
  await engine.call('revealStore', null)
}

/** Opens the dialog where it stands (work that runs, a receipt to read), or anew for one table. */
function showImport(table?: StoreTable): void {
  if (appStore.getState().store === null) return
  if (table !== undefined) newImport(table)
  showOverlay('import')
}

/** The table of the view in front. */
function showExport(): void {
  const { store, view } = appStore.getState()
  if (store === null) return
  if (exportStore.getState().phase === 'ended') showOverlay('export')
  else openExport(EXPORTED[view] ?? 'decisions')
}

const EXPORTED: Readonly<Partial<Record<ViewName, StoreTable>>> = {
  chart: 'candles',
  decisions: 'decisions',
  audits: 'audits',
  research: 'stats',
  policies: 'policies',
}

async function showPartition(): Promise<void> {
  if (appStore.getState().store !== null) await openPartition()
}

function switchNotifications(): void {
  const on = preferencesStore.getState().notifications === false
  setPreferences({ notifications: on })
  announce(on ? 'Notifications are on' : 'Notifications are off')
}

async function check(): Promise<void> {
  if (appStore.getState().store === null) return
  showView('storage')
  await checkStore()
}

/** What a repair would do shows in Storage; without findings there is nothing to plan. */
function planMending(): void {
  if (appStore.getState().store === null) return
  showView('storage')
  if (mendable(healthStore.getState().findings ?? []).length > 0) planRepair()
  else announce('Nothing to repair: check the store first', 'check-store')
}

async function planPurging(): Promise<void> {
  if (appStore.getState().store === null) return
  showView('storage')
  await planPurge()
}

async function planEverything(): Promise<void> {
  if (appStore.getState().store === null) return
  showView('storage')
  await planCompaction({})
}

function menu(id: MenuCommand, command: Omit<Command, 'id'>): Command {
  return { id, ...command }
}

function appearance(id: string, name: string, change: Preferences): Command {
  return { id, name, group: 'Appearance', run: () => setPreferences(change) }
}
