import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { CALL_PAYLOADS } from '../../schemas/contract/channels.ts'
import type { CallName } from '../../schemas/contract/engine.ts'
import { BarkeepError } from '../../schemas/contract/errors.ts'
import requests from '../../schemas/contract/requests.schema.json' with { type: 'json' }
import { APP_HOST, APP_SCHEME } from './bundle-files.ts'

const ajv = new Ajv2020({ ownProperties: true, allErrors: false }).addSchema(requests)
const checks = new Map<string, ValidateFunction>()

/** The parts of Electron's frame that say whose call it is. */
export interface CallingFrame {
  readonly url: string
  readonly origin: string
  /** Null for the top frame of a window. */
  readonly parent: unknown
}

/**
 * @param frame null when the frame is gone by the time the call arrives
 * @param ours the main frame of our window
 * @throws FORBIDDEN unless the call comes from the top frame of our window, showing a page of our bundle.
 */
export function checkSender(frame: CallingFrame | null, ours: CallingFrame | null): void {
  const origin = `${APP_SCHEME}://${APP_HOST}`
  const allowed =
    frame !== null &&
    frame === ours &&
    frame.parent === null &&
    frame.origin === origin &&
    frame.url.startsWith(`${origin}/`)
  if (!allowed) {
    const from = frame === null ? 'a frame that is gone' : frame.origin
    throw new BarkeepError(
      'FORBIDDEN',
      `A call from ${from} was refused: only Barkeep's own window may call.`,
    )
  }
}

/** Own properties only: `constructor` or `__proto__` are names of no call. @throws BAD_REQUEST */
export function checkCallName(name: unknown): CallName {
  if (typeof name !== 'string' || !Object.hasOwn(CALL_PAYLOADS, name)) {
    const shown = typeof name === 'string' ? JSON.stringify(name.slice(0, 64)) : `a ${typeof name}`
    throw new BarkeepError('BAD_REQUEST', `There is no call ${shown}.`)
  }
  return name as CallName
}

/** @throws BAD_REQUEST naming the field, unless the payload is what the call's schema asks for. */
export function checkPayload(name: CallName, payload: unknown): void {
  // Dates, Maps and typed arrays survive the structured clone and would pass for objects without properties.
  if (typeof payload === 'object' && payload !== null && !isPlain(payload)) {
    throw new BarkeepError('BAD_REQUEST', `The payload of ${name} is not a plain object.`)
  }
  const check = checkOf(CALL_PAYLOADS[name])
  if (check(payload)) return
  const error = check.errors?.[0]
  const field = error?.instancePath.slice(1).replaceAll('/', '.') || 'The payload'
  const extra = error?.keyword === 'additionalProperties' ? ` ("${error.params.additionalProperty}")` : ''
  throw new BarkeepError('BAD_REQUEST', `${name}: ${field} ${error?.message ?? 'is not valid'}${extra}.`)
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function checkOf(definition: string): ValidateFunction {
  let check = checks.get(definition)
  if (check === undefined) {
    check = ajv.compile({ $ref: `requests.schema.json#/$defs/${definition}` })
    checks.set(definition, check)
  }
  return check
}
