import { Argument, type Command } from 'commander'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { SettingsChange, StoreSettings } from '../../../schemas/generated/requests.ts'
import type { EffectiveSettings } from '../../store/after-close/effective-settings.ts'
import { type CommonFlags, withCommonFlags } from '../flags.ts'
import type { Register } from '../program.ts'
import { type TextColumn, textTable } from '../text-table.ts'
import { withStore } from '../with-store.ts'

/** How the words behind a key become its value; what is named in a message when they don't. */
interface Key {
  readonly takes: string
  readonly parse: (words: readonly string[], current: StoreSettings) => Partial<StoreSettings> | null
}

const CALENDARS = ['us-equities', '24x7', 'none'] as const
type Calendar = (typeof CALENDARS)[number]

const KEYS: Readonly<Record<string, Key>> = {
  'afterClose.on': {
    takes: 'on or off',
    parse: ([word], { afterClose }) => {
      if (word !== 'on' && word !== 'off') return null
      return { afterClose: { ...afterClose, on: word === 'on' } }
    },
  },
  'afterClose.time': {
    takes: 'a time like 15:15',
    parse: ([time], { afterClose }) =>
      time === undefined ? null : { afterClose: { on: afterClose?.on ?? true, time } },
  },
  recoveryDays: numberKey('recoveryDays', 'days'),
  previousDays: numberKey('previousDays', 'days'),
  sealHours: numberKey('sealHours', 'hours'),
  cacheMegabytes: numberKey('cacheMegabytes', 'megabytes'),
  partitionFileLimit: numberKey('partitionFileLimit', 'files'),
  emaPeriods: {
    takes: 'numbers of bars like 13 48 200, or none',
    parse: (words) => {
      const given = words.flatMap((word) => word.split(',')).filter((word) => word !== '')
      if (given.length === 1 && given[0] === 'none') return { emaPeriods: [] }
      return given.length > 0 && given.every(isWhole) ? { emaPeriods: given.map(Number) } : null
    },
  },
  defaultCalendar: {
    takes: CALENDARS.join(', '),
    parse: ([word]) => {
      const defaultCalendar = CALENDARS.find((each) => each === word)
      return defaultCalendar === undefined ? null : { defaultCalendar }
    },
  },
  calendars: {
    takes: "symbols and their calendars like 'BTC*=24x7' ES=none, or SYMBOL=default",
    parse: (words, { calendars: current = {} }) => {
      const entries = words.map((word) => {
        const at = word.lastIndexOf('=')
        return [word.slice(0, at), word.slice(at + 1)] as const
      })
      const calendars: Record<string, Calendar> = { ...current }
      for (const [symbol, name] of entries) {
        const calendar = CALENDARS.find((each) => each === name)
        if (symbol === '' || (calendar === undefined && name !== 'default')) return null
        if (calendar === undefined) delete calendars[symbol]
        else calendars[symbol] = calendar
      }
      return entries.length === 0 ? null : { calendars }
    },
  },
}

export function addSettings(program: Command, register: Register): void {
  withCommonFlags(program.command('settings'))
    .description("Show a store's own settings with their defaults, or change them.")
    .addArgument(new Argument('[action]', 'what to do; nothing shows all').choices(['set', 'reset']))
    .argument('[words...]', 'set: a key and its value; reset: keys that go back to their defaults')
    .addHelpText('after', `\nKeys:\n${keysText()}`)
    .action((action: 'set' | 'reset' | undefined, words: readonly string[], flags: CommonFlags) =>
      register(flags, async ({ store: folder, json }, terminal) => {
        // Bad words are told before anything is opened.
        const changeOf = action === undefined ? null : wanted(action, words)
        const settings = await withStore({ store: folder }, { create: false }, async (store) => {
          const current = await store.reader.settings()
          return changeOf === null ? current : store.writer.changeSettings(changeOf(current))
        })
        const { effectiveSettings } = await import('../../store/after-close/effective-settings.ts')
        const effective = effectiveSettings(settings)
        if (json) await terminal.json({ settings: effective, set: Object.keys(settings) })
        else await terminal.write(settingsText(effective, settings))
        return 0
      }),
    )
}

/** @throws BAD_REQUEST saying what may stand there */
function wanted(
  action: 'set' | 'reset',
  words: readonly string[],
): (current: StoreSettings) => SettingsChange {
  const [name = '', ...values] = words
  if (action === 'reset') {
    const keys = words.map((word) => RESETS.find((each) => each === word))
    if (keys.length === 0 || keys.includes(undefined))
      throw new BarkeepError('BAD_REQUEST', `Name what to reset: ${RESETS.join(', ')}.`)
    return () => ({ set: {}, reset: keys.flatMap((key) => key ?? []) })
  }
  const key = Object.hasOwn(KEYS, name) ? KEYS[name] : undefined
  if (key === undefined)
    throw new BarkeepError('BAD_REQUEST', `Name what to set: ${Object.keys(KEYS).join(', ')}.`)
  if (key.parse(values, {}) === null)
    throw new BarkeepError('BAD_REQUEST', `${name} takes ${key.takes}, not "${values.join(' ')}".`)
  return (current) => ({ set: key.parse(values, current) ?? {} })
}

const RESETS: readonly NonNullable<SettingsChange['reset']>[number][] = [
  'afterClose',
  'recoveryDays',
  'previousDays',
  'emaPeriods',
  'calendars',
  'defaultCalendar',
  'cacheMegabytes',
  'partitionFileLimit',
  'sealHours',
]

function numberKey(name: keyof StoreSettings, unit: string): Key {
  return {
    takes: `a whole number of ${unit}`,
    parse: ([word, ...more]) =>
      word !== undefined && more.length === 0 && isWhole(word) ? { [name]: Number(word) } : null,
  }
}

function isWhole(word: string): boolean {
  return /^\d{1,9}$/.test(word)
}

function keysText(): string {
  return Object.entries(KEYS)
    .map(([name, { takes }]) => `  ${name.padEnd(20)}${takes}\n`)
    .join('')
}

type Line = readonly [name: string, value: string, from: string]

const COLUMNS: readonly TextColumn<Line>[] = [
  { name: 'SETTING', value: ([name]) => name },
  { name: 'VALUE', value: ([, value]) => value },
  { name: '', value: ([, , from]) => from },
]

function settingsText(effective: EffectiveSettings, settings: StoreSettings): string {
  const lines = Object.entries(effective).flatMap(([name, value]): Line[] => {
    const from = Object.hasOwn(settings, name) ? '' : 'default'
    if (name !== 'afterClose') return [[name, textOf(value), from]]
    return Object.entries(value as object).map(([part, of]) => [`${name}.${part}`, textOf(of), from])
  })
  return textTable(COLUMNS, lines)
}

function textOf(value: unknown): string {
  if (value === null) return '–'
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(' ')
  if (typeof value !== 'object') return String(value)
  const entries = Object.entries(value)
  return entries.length === 0 ? '–' : entries.map(([name, of]) => `${name}=${String(of)}`).join(' ')
}
