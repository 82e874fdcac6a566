import { type Command, InvalidArgumentError } from 'commander'
import { BarkeepError } from '../../schemas/contract/errors.ts'
import { parseUtcDay } from '../../schemas/contract/market-time.ts'
import { parseTimeframe } from '../../schemas/contract/timeframe.ts'

/** What every command takes. */
export interface CommonFlags {
  /** Absolute. */
  readonly store: string
  readonly json: boolean
}

export function withCommonFlags(command: Command): Command {
  return command
    .option('--store <dir>', 'folder of the store', folder, 'storage')
    .option('--json', 'print one JSON document (times in ms UTC) and nothing else', false)
}

/** An empty name is mostly a variable that isn't set; it would mean the folder one stands in. */
function folder(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Give the name of a folder.')
  return text
}

export function wholeNumber(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('Give a whole number.')
  return value
}

export function positiveNumber(text: string): number {
  const value = wholeNumber(text)
  if (value === 0) throw new InvalidArgumentError('Give a whole number of at least 1.')
  return value
}

export function price(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Give a number.')
  return value
}

export const day = asArgument(parseUtcDay)
export const timeframe = asArgument(parseTimeframe)

export function month(text: string): string {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) {
    throw new InvalidArgumentError(`"${text}" is not a month. Write YYYY-MM (UTC).`)
  }
  return text
}

/** Says a refusal of the contract's own parsers in the way of a wrong flag. */
function asArgument<Value>(parse: (text: string) => Value): (text: string) => Value {
  return (text) => {
    try {
      return parse(text)
    } catch (error) {
      if (error instanceof BarkeepError) throw new InvalidArgumentError(error.message)
      throw error
    }
  }
}
