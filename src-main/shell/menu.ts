import type { MenuItemConstructorOptions } from 'electron'
import type { MenuCommand } from '../../schemas/contract/engine.ts'
import type { ImportRequest, Preferences } from '../../schemas/generated/requests.ts'

export type Theme = NonNullable<Preferences['theme']>

export interface MenuActions {
  /** Handed to the window, which knows what it shows. */
  readonly command: (command: MenuCommand) => void
  readonly importFile: (table: ImportRequest['table']) => void
  readonly revealStore: () => void
  readonly setTheme: (theme: Theme) => void
}

export interface MenuState {
  readonly platform: NodeJS.Platform
  readonly appName: string
  /** Reload and developer tools exist in development alone. */
  readonly development: boolean
  readonly theme: Theme
  /** Whether the desktop is told what can't wait. */
  readonly notifications: boolean
}

const THEMES: readonly (readonly [Theme, string])[] = [
  ['system', 'Follow the System'],
  ['dark', 'Dark'],
  ['light', 'Light'],
]

const IMPORTS: readonly (readonly [ImportRequest['table'], string, string])[] = [
  ['candles', 'candles', 'Candles…'],
  ['object_events', 'events', 'Object Events…'],
  ['decisions', 'decisions', 'Decisions…'],
  ['audits', 'audits', 'Audits…'],
  ['stats', 'stats', 'Stats…'],
  ['policies', 'policies', 'Policies…'],
]

const SEPARATOR: MenuItemConstructorOptions = { type: 'separator' }

/** The native menu. A pure list, so that what each system gets can be tested without one. */
export function menuTemplate(state: MenuState, actions: MenuActions): MenuItemConstructorOptions[] {
  const command = (label: string, name: MenuCommand, accelerator?: string): MenuItemConstructorOptions => ({
    id: name,
    label,
    click: () => actions.command(name),
    ...(accelerator === undefined ? {} : { accelerator }),
  })
  const mac = state.platform === 'darwin'
  return [
    ...(mac ? [appMenu(state.appName)] : []),
    {
      label: '&File',
      submenu: [
        command('Open Store…', 'open-store', 'CmdOrCtrl+O'),
        SEPARATOR,
        {
          label: 'Import',
          submenu: IMPORTS.map(([table, id, label]) => ({
            id: `import-${id}`,
            label,
            click: () => actions.importFile(table),
          })),
        },
        command('Export Rows…', 'export-rows', 'CmdOrCtrl+E'),
        SEPARATOR,
        { id: 'reveal-store', label: revealLabel(state.platform), click: () => actions.revealStore() },
        ...(mac ? [] : [SEPARATOR, { role: 'quit' } as const]),
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        command('Chart', 'view-chart', 'CmdOrCtrl+1'),
        command('Decisions', 'view-decisions', 'CmdOrCtrl+2'),
        command('Audits', 'view-audits', 'CmdOrCtrl+3'),
        command('Research', 'view-research', 'CmdOrCtrl+4'),
        command('Policies', 'view-policies', 'CmdOrCtrl+5'),
        command('Storage', 'view-storage', 'CmdOrCtrl+6'),
        command('Command Palette…', 'palette', 'CmdOrCtrl+K'),
        SEPARATOR,
        command('Go to Date…', 'go-to-date'),
        command('Fit All Bars', 'fit'),
        command('Save Picture of the Chart', 'picture'),
        SEPARATOR,
        {
          label: 'Theme',
          submenu: THEMES.map(([theme, label]) => ({
            id: `theme-${theme}`,
            label,
            type: 'radio',
            checked: state.theme === theme,
            click: () => actions.setTheme(theme),
          })),
        },
        SEPARATOR,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        ...(state.development ? DEVELOPMENT : []),
      ],
    },
    {
      label: '&Storage',
      submenu: [
        command('Compact Everything…', 'compact-all'),
        command('Compact a Range…', 'compact-range'),
        SEPARATOR,
        command('Run After the Close Now…', 'run-after-close'),
        command('Schedule and Retention…', 'schedule'),
        command('History', 'history'),
        SEPARATOR,
        command('Check the Store', 'check-store'),
        command('Purge…', 'purge'),
        SEPARATOR,
        command('Partition Decisions…', 'partition'),
        SEPARATOR,
        command('Ingest Endpoint…', 'endpoint'),
        {
          ...command('Notifications', 'notifications'),
          type: 'checkbox',
          checked: state.notifications,
        },
      ],
    },
    { role: 'windowMenu' },
    // macOS has About in the app's own menu.
    {
      role: 'help',
      submenu: [command('Keys', 'keys'), ...(mac ? [] : [SEPARATOR, { role: 'about' as const }])],
    },
  ]
}

const DEVELOPMENT: readonly MenuItemConstructorOptions[] = [
  SEPARATOR,
  { role: 'reload' },
  { role: 'toggleDevTools' },
]

function appMenu(label: string): MenuItemConstructorOptions {
  return {
    label,
    submenu: [
      { role: 'about' },
      SEPARATOR,
      { role: 'services' },
      SEPARATOR,
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      SEPARATOR,
      { role: 'quit' },
    ],
  }
}

function revealLabel(platform: NodeJS.Platform): string {
  if (platform === 'darwin') return 'Reveal Store in Finder'
  return platform === 'win32' ? 'Show Store in Explorer' : 'Show Store in File Manager'
}
