import { Ajv2020 } from 'ajv/dist/2020.js'
import { BarkeepError } from '../../../schemas/contract/errors.ts'
import requests from '../../../schemas/contract/requests.schema.json' with { type: 'json' }
import type { StoreSettings } from '../../../schemas/generated/requests.ts'
import { at, type StoreContext } from '../context.ts'
import { STORE_SETTINGS } from '../layout/file-names.ts'

const check = new Ajv2020({ ownProperties: true })
  .addSchema(requests)
  .compile<StoreSettings>({ $ref: 'requests.schema.json#/$defs/StoreSettings' })

/**
 * The settings that lie in the store itself, so that command line and app follow the same ones (SPEC D7). Read at each
 * question: a person edits them beside us.
 * @returns none when there is no such file
 * @throws BAD_SETTINGS saying what is wrong with it; Node's own errors of the file system
 */
export async function readStoreSettings(context: StoreContext): Promise<StoreSettings> {
  if ((await context.env.stat(at(context, STORE_SETTINGS))) === null) return {}
  const text = new TextDecoder().decode(await context.env.readFile(at(context, STORE_SETTINGS)))
  let settings: unknown
  try {
    settings = JSON.parse(text)
  } catch (cause) {
    throw badSettings(`it is no JSON (${cause instanceof Error ? cause.message : String(cause)})`)
  }
  const problem = settingsProblem(settings)
  if (problem !== null) throw badSettings(problem)
  return settings as StoreSettings
}

/** What is wrong with a store's settings, in words; null when nothing is. */
export function settingsProblem(settings: unknown): string | null {
  if (check(settings)) return null
  const [first] = check.errors ?? []
  return `${first?.instancePath === '' ? 'it' : first?.instancePath} ${first?.message ?? 'is wrong'}${toldOf(first?.params)}`
}

/** What Ajv leaves out of its message: the name that is too much, the values that may stand there. */
function toldOf(params: unknown): string {
  if (params === null || typeof params !== 'object') return ''
  if ('additionalProperty' in params) return `: "${params.additionalProperty}"`
  if ('propertyName' in params) return `: "${params.propertyName}"`
  return 'allowedValues' in params && Array.isArray(params.allowedValues)
    ? `: ${params.allowedValues.join(', ')}`
    : ''
}

function badSettings(why: string): BarkeepError {
  return new BarkeepError(
    'BAD_SETTINGS',
    `${STORE_SETTINGS}: ${why}. Write it like {"calendars":{"BTC*":"24x7"},"defaultCalendar":"us-equities"}.`,
    { file: STORE_SETTINGS },
  )
}
