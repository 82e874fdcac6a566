import type { Random } from './seeded.ts'

/**
 * Lines of which none may be taken: a good document with one or more mutations, each of which breaks a rule by itself
 * whatever the others do. A document here is its fields as JSON text, so that what no JSON value can be is written too.
 */
type Fields = Map<string, string>

interface Mutation {
  readonly name: string
  apply(random: Random, fields: Fields): void
}

const TS = Date.parse('2024-03-08T14:30:00Z')

function goodCandle(random: Random): Fields {
  const low = random.int(1, 400) / 4
  return fieldsOf({
    symbol: random.pick(['SPY', 'BRK.B', 'ES=F', 'BTC/USD', '^GSPC']),
    timeframe: random.pick(['2m', '15M', '1d']),
    [random.pick(['ts', 'timestamp'])]: null,
    open: low + 1,
    high: low + 2,
    low,
    close: low + 1.5,
    volume: random.int(0, 9),
  })
}

function goodEvent(random: Random): Fields {
  return fieldsOf({
    event_id: `e${random.int(0, 1e9)}`,
    [random.pick(['ts', 'timestamp'])]: null,
    action: random.pick(['create', 'update', 'close']),
    object_id: `z${random.int(0, 9)}`,
    type: random.pick(['zone', 'level', 'marker', 'flag']),
    symbol: 'SPY',
    timeframe: '15m',
    top: 12,
    bottom: 10,
    label: 'supply',
    payload: { side: 'bull', pole: { from: 1 } },
  })
}

function fieldsOf(document: Readonly<Record<string, unknown>>): Fields {
  return new Map(
    Object.entries(document).map(([name, value]) => {
      if (name === 'ts') return [name, String(TS)]
      return [name, JSON.stringify(name === 'timestamp' ? new Date(TS).toISOString() : value)]
    }),
  )
}

const NUMBERS = ['open', 'high', 'low', 'close', 'volume']
const REQUIRED = {
  candle: [...NUMBERS, 'symbol', 'timeframe'],
  event: ['action', 'object_id', 'type', 'symbol', 'timeframe'],
}
/** Written as numbers by other languages, or by nobody; some are no JSON at all. */
const NO_NUMBERS = [
  ...['NaN', 'Infinity', '-Infinity', '1e999', '-1e999', '01', '+1', '.5', '1.', '0x10', '1_000', '1,5'],
  ...['"1.5"', '"1.5abc"', '""', 'true', '[]', '[1]', '{}', '{"$gt":0}', '"NaN"', 'None', 'undefined'],
]
const NO_SYMBOLS = [
  ...[
    '',
    ' ',
    '.',
    '..',
    '../../etc/passwd',
    '/etc/passwd',
    'C:\\Windows',
    'a/../b',
    'SPY/',
    '/SPY',
    './SPY',
    'SPY//X',
  ],
  ...[
    "SPY'; DROP TABLE bars; --",
    "SPY' OR '1'='1",
    'SPY"',
    'SPY;',
    'SPY\n',
    'SPY\u0000',
    ' SPY',
    'SPY ',
    'S\tP',
  ],
  ...[
    '\u202eYPS',
    'ЅРY',
    '😀',
    'SPY\ufeff',
    '$(rm -rf ~)',
    '`id`',
    '%2e%2e',
    'SPY*',
    'SPY?',
    '[SPY]',
    '~',
    '\\\\host\\x',
  ],
]
const NO_TIMEFRAMES = [
  ...[
    '',
    '2',
    'm',
    '0m',
    '-1m',
    '10000m',
    '1.5m',
    '2x',
    '2mm',
    ' 2m',
    '2m ',
    '2m/..',
    '../2m',
    '２m',
    "2m'",
    '2m;',
    '2m\u0000',
  ],
]
const NO_TIMES = [
  ...[
    '',
    'yesterday',
    '2024-13-01T00:00:00Z',
    '2024-02-30T00:00:00Z',
    '2024-03-08T25:00:00Z',
    '2024-03-08T14:60:00Z',
  ],
  ...[
    '2024-03-08T14:30:00+25:00',
    '0000-00-00',
    '24-03-08',
    '2024/03/08',
    "2024-03-08'; --",
    '1970-01-01T00:00:00Z',
    '+275760-09-13',
  ],
]
const NO_INSTANTS = [
  '1709908200',
  '0',
  '-1',
  '1709908200000.5',
  '1e18',
  '253402300800000',
  '9007199254740993',
  '"1709908200000"',
]
const HALF_PAIRS = ['"\\ud800"', '"SPY\\udfff"', '"\\udc00\\ud800"']
const STRANGERS = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'Open',
  'open ',
  'ｏpen',
  '',
  'volume\u0000',
  'id',
  '$ref',
]

const set =
  (names: readonly string[], texts: readonly string[]): Mutation['apply'] =>
  (random, fields) =>
    void fields.set(random.pick(names), random.pick(texts))
const quoted = (texts: readonly string[]): string[] => texts.map((text) => JSON.stringify(text))

/** A value that nests deeper than any line may. */
function deep(random: Random): string {
  const levels = random.chance(0.02) ? 100_000 : random.pick([65, 100, 1_000])
  return random.chance(0.5)
    ? '['.repeat(levels) + ']'.repeat(levels)
    : `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
}

function onlyTime(fields: Fields): void {
  for (const name of ['ts', 'timestamp', 'ts_iso']) fields.delete(name)
}

const BOTH: readonly Mutation[] = [
  { name: 'symbol', apply: set(['symbol'], quoted(NO_SYMBOLS)) },
  {
    name: 'long symbol',
    apply: (random, fields) =>
      void fields.set('symbol', JSON.stringify('A'.repeat(random.pick([65, 5_000])))),
  },
  { name: 'timeframe', apply: set(['timeframe'], quoted(NO_TIMEFRAMES)) },
  { name: 'type of text', apply: set(['symbol', 'timeframe'], ['1', 'true', 'null', '[]', '{}', '["SPY"]']) },
  { name: 'half a pair', apply: set(['symbol', 'timeframe'], HALF_PAIRS) },
  {
    name: 'unknown field',
    apply: (random, fields) =>
      void fields.set(random.pick(STRANGERS), random.pick(['1', 'null', '"x"', '{}'])),
  },
  { name: 'deep', apply: (random, fields) => void fields.set('extra', deep(random)) },
  {
    name: 'instant',
    apply(random, fields) {
      onlyTime(fields)
      fields.set('ts', random.pick(NO_INSTANTS))
    },
  },
  {
    name: 'time',
    apply(random, fields) {
      onlyTime(fields)
      fields.set(random.pick(['timestamp', 'ts_iso']), JSON.stringify(random.pick(NO_TIMES)))
    },
  },
  { name: 'no time', apply: (_, fields) => onlyTime(fields) },
  {
    name: 'two times',
    apply(random, fields) {
      onlyTime(fields)
      fields.set('ts', String(TS))
      fields.set('timestamp', JSON.stringify(new Date(TS + random.pick([1, -1, 3_600_000])).toISOString()))
    },
  },
]

const CANDLE: readonly Mutation[] = [
  ...BOTH,
  { name: 'missing', apply: (random, fields) => void fields.delete(random.pick(REQUIRED.candle)) },
  { name: 'null', apply: set(REQUIRED.candle, ['null']) },
  { name: 'number', apply: set(NUMBERS, NO_NUMBERS) },
  { name: 'high below low', apply: set(['high'], ['-1e300', '-0.5']) },
  { name: 'low above all', apply: set(['low'], ['1e300']) },
  { name: 'open outside', apply: set(['open'], ['1e301', '-1e301']) },
  { name: 'close outside', apply: set(['close'], ['1e301', '-1e301']) },
  { name: 'volume', apply: set(['volume'], ['-1', '-1e-300']) },
  { name: 'global_x', apply: set(['global_x'], ['1.5', '"1"', '1e300', '[]']) },
]

const EVENT: readonly Mutation[] = [
  ...BOTH,
  { name: 'missing', apply: (random, fields) => void fields.delete(random.pick(REQUIRED.event)) },
  { name: 'null', apply: set(REQUIRED.event, ['null']) },
  { name: 'price', apply: set(['y', 'top', 'bottom'], NO_NUMBERS) },
  { name: 'action', apply: set(['action'], ['"CREATE"', '"delete"', '""', '1']) },
  { name: 'type', apply: set(['type'], ['"ZONE"', '"trend"', '""', '{}']) },
  { name: 'counter', apply: set(['step', 'left'], ['1.5', '1e300', '"1"', 'true', '[]']) },
  { name: 'other instants', apply: set(['left_ts', 'right_ts'], ['1', '-1', '1e18', '1.5', '"2024-03-08"']) },
  {
    name: 'payload',
    apply: set(['payload'], ['1', '"no json"', '[1]', '"[1]"', '"3"', 'true', '{"a":NaN}']),
  },
  { name: 'ids', apply: set(['event_id', 'object_id'], ['""', '1', '{}', JSON.stringify('x'.repeat(257))]) },
  {
    name: 'half a pair in text',
    apply: set(['label', 'reason', 'status', 'object_id', 'event_id'], HALF_PAIRS),
  },
  {
    name: 'long text',
    apply: (random, fields) =>
      void fields.set(
        random.pick(['label', 'reason', 'status']),
        JSON.stringify('x'.repeat(random.pick([4_097, 70_000]))),
      ),
  },
]

/** What is done to the finished line. */
const WHOLE_LINES: readonly ((random: Random, line: string) => Buffer)[] = [
  (random, line) => Buffer.from(line.slice(0, random.int(1, line.length - 1))),
  (_, line) => Buffer.from(line + line),
  (_, line) => Buffer.from(`[${line}]`),
  (random) =>
    Buffer.from(
      random.pick([
        'null',
        'true',
        '3',
        '"text"',
        '[]',
        '{}',
        '}',
        ',',
        '\u0000',
        '{"a"}',
        "{'symbol':'SPY'}",
      ]),
    ),
  (_, line) => Buffer.from(line.replace(/:/, '=')),
  (_, line) => Buffer.from(line.replace(/"symbol":"/, '"symbol":"'), 'utf16le'),
  // No UTF-8: a lone byte in the symbol.
  (random, line) =>
    Buffer.from(
      line.replace(/"symbol":"[^"]*"/, `"symbol":"S${random.pick(['\xff', '\xc0', '\xed'])}Y"`),
      'latin1',
    ),
  (_, line) => Buffer.from(line.replace(/}$/, `,"symbol":"${'A'.repeat(1_048_600)}"}`)),
]

export interface BadLine {
  readonly what: string
  /** Without its line feed. */
  readonly bytes: Buffer
}

/** One line that must be refused, and what is wrong with it. */
export function badLine(random: Random, table: 'candles' | 'object_events'): BadLine {
  const fields = table === 'candles' ? goodCandle(random) : goodEvent(random)
  const mutations = table === 'candles' ? CANDLE : EVENT
  if (random.chance(0.1)) {
    const kind = random.chance(0.02) ? WHOLE_LINES.length - 1 : random.int(0, WHOLE_LINES.length - 2)
    const bytes = WHOLE_LINES[kind]?.(random, lineOf(random, fields)) ?? Buffer.alloc(0)
    return { what: `line ${kind}`, bytes }
  }
  const chosen = Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, () => random.pick(mutations))
  const last = chosen.at(-1)
  for (const mutation of chosen.slice(0, -1)) mutation.apply(random, fields)
  // Whatever the others did, the last one is there.
  last?.apply(random, fields)
  return { what: chosen.map(({ name }) => name).join(', '), bytes: Buffer.from(lineOf(random, fields)) }
}

/** A line that must be taken: without these a store that refuses everything would pass. */
export function goodLine(random: Random, table: 'candles' | 'object_events'): Buffer {
  return Buffer.from(lineOf(random, table === 'candles' ? goodCandle(random) : goodEvent(random)))
}

/** Now and then a key stands twice: the later one counts, and that is the one given here. */
function lineOf(random: Random, fields: Fields): string {
  const entries = [...fields].map(([name, text]) => `${JSON.stringify(name)}:${text}`)
  const first = random.chance(0.1) && fields.has('symbol') ? '"symbol":"SPY",' : ''
  return `{${first}${entries.join(',')}}`
}
