import type { MenuItemConstructorOptions } from 'electron'
import { describe, expect, it } from 'vitest'
import { menuTemplate, type Theme } from '../../src-main/shell/menu.ts'

type Item = MenuItemConstructorOptions

function menuOf(platform: NodeJS.Platform, development = true, theme: Theme = 'system') {
  const done: string[] = []
  const template = menuTemplate(
    { platform, appName: 'Barkeep', development, theme, notifications: true },
    {
      command: (name) => done.push(name),
      importFile: (table) => done.push(`import ${table}`),
      revealStore: () => done.push('reveal'),
      setTheme: (chosen) => done.push(`theme ${chosen}`),
    },
  )
  const flat = (items: readonly Item[]): Item[] =>
    items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? flat(item.submenu) : [])])
  return { template, items: flat(template), done }
}

describe('the native menu', () => {
  it.each(['linux', 'win32', 'darwin'] as const)('on %s every item does something', (platform) => {
    const { items, done } = menuOf(platform)
    for (const item of items) {
      const acts = item.role ?? item.click ?? item.submenu ?? (item.type === 'separator' || undefined)
      expect(acts, `item ${item.label}`).toBeDefined()
      // The click of every item of ours asks for nothing that Electron would hand it.
      ;(item.click as (() => void) | undefined)?.()
    }
    expect(done.sort()).toEqual(
      [
        ...[
          'open-store',
          'view-chart',
          'view-decisions',
          'view-audits',
          'view-research',
          'view-policies',
          'view-storage',
          'palette',
          'go-to-date',
          'fit',
          'picture',
          'compact-all',
          'compact-range',
          'run-after-close',
          'schedule',
          'history',
          'check-store',
          'purge',
          'partition',
          'export-rows',
          'endpoint',
          'notifications',
          'keys',
        ],
        ...['candles', 'object_events', 'decisions', 'audits', 'stats', 'policies'].map(
          (table) => `import ${table}`,
        ),
        'reveal',
        ...['theme system', 'theme dark', 'theme light'],
      ].sort(),
    )
  })

  it('has the app’s own menu and no Quit under File on a Mac, and the other way round elsewhere', () => {
    const titles = (platform: NodeJS.Platform) =>
      menuOf(platform).template.map((item) => item.label ?? item.role)
    expect(titles('darwin')).toEqual([
      'Barkeep',
      '&File',
      'editMenu',
      '&View',
      '&Storage',
      'windowMenu',
      'help',
    ])
    expect(titles('linux')).toEqual(['&File', 'editMenu', '&View', '&Storage', 'windowMenu', 'help'])
    for (const platform of ['darwin', 'linux', 'win32'] as const) {
      expect(menuOf(platform).items.filter((item) => item.role === 'quit')).toHaveLength(1)
    }
  })

  it('P4: has reload and developer tools in development alone', () => {
    const roles = (development: boolean) => menuOf('linux', development).items.map((item) => item.role)
    expect(roles(true)).toEqual(expect.arrayContaining(['reload', 'toggleDevTools']))
    expect(roles(false)).not.toContain('reload')
    expect(roles(false)).not.toContain('toggleDevTools')
  })

  it('checks the theme in force and notifications, and no key stands twice', () => {
    const { items } = menuOf('linux', true, 'light')
    expect(items.filter((item) => item.checked).map((item) => item.id)).toEqual([
      'theme-light',
      'notifications',
    ])
    const keys = items.map((item) => item.accelerator).filter((key) => key !== undefined)
    expect(new Set(keys).size).toBe(keys.length)
  })
})
