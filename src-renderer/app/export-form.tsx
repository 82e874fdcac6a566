import { useId, useState } from 'react'
import { useStore } from 'zustand'
import { BarkeepError } from '../../schemas/contract/errors.ts'
import type { Series } from '../../schemas/contract/health.ts'
import { MarketZone, parseInstant } from '../../schemas/contract/market-time.ts'
import type { ExportRequest } from '../../schemas/generated/requests.ts'
import type { StoreTable } from '../../schemas/tables/index.ts'
import { appStore } from '../state/app-store.ts'
import { chooseExport, exportStore, submitExport } from '../state/export.ts'
import { STORE_TABLES, TABLE_NAMES } from '../state/table-names.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Segmented } from '../ui/segmented.tsx'
import { Select } from '../ui/select.tsx'

const TABLES = STORE_TABLES.map((value) => ({ value, label: TABLE_NAMES[value] }))
const FORMATS = [
  { value: 'parquet', label: 'Parquet' },
  { value: 'csv', label: 'CSV' },
] as const

const FORMAT_TEXTS: Readonly<Record<ExportRequest['format'], string>> = {
  parquet: 'The table’s own columns and types: any program that reads Parquet gets every value as it is.',
  csv: 'For spreadsheets: times in UTC and, in a column of their own, in the zone that its header names. It can’t be imported again.',
}

const NO_SERIES: readonly Series[] = []

/** What is written and as what; the file dialog asks where. */
export function ExportForm({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const { table, format, filter, failure } = useStore(exportStore)
  const store = useStore(appStore, (state) => state.store)
  const series = store?.series ?? NO_SERIES
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const [chosen, setChosen] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const name = series.some((one) => nameOf(one) === chosen) ? chosen : nameOf(series[0])
  const submit = () => {
    try {
      const request = requestOf({ table, format, filter, from, to }, store?.marketZone)
      const bars = series.find((one) => nameOf(one) === name)
      const of = bars === undefined ? {} : { symbol: bars.symbol, timeframe: bars.timeframe }
      setProblem(null)
      void submitExport(table === 'candles' ? { ...request, ...of } : request)
    } catch (thrown) {
      if (!(thrown instanceof BarkeepError)) throw thrown
      setProblem(thrown.message)
    }
  }
  const told = problem ?? failure?.message ?? null
  return (
    <Dialog
      open={open}
      onClose={onClose}
      width={600}
      title="Export rows"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" onClick={submit}>
            Choose where to…
          </Button>
        </>
      }
    >
      <div className="bk-import-form">
        {told !== null && (
          <p className="bk-import-failure" role="alert">
            {told} {problem === null && <span className="bk-code">{failure?.code}</span>}
          </p>
        )}
        <Segmented
          label="Which table"
          value={table}
          options={TABLES}
          onChange={(value) => chooseExport({ table: value, filter: value === table ? filter : null })}
        />
        {filter !== null ? (
          <p>
            The rows that the view shows, by its filter.{' '}
            <Button tone="quiet" onClick={() => chooseExport({ filter: null })}>
              Choose a time instead
            </Button>
          </p>
        ) : (
          <div className="bk-export-range">
            <DateField label="From" value={from} onChange={setFrom} />
            <DateField label="To" value={to} onChange={setTo} />
            <span className="muted">{zoneText(table, store?.marketZone)}</span>
          </div>
        )}
        {table === 'candles' && series.length > 0 && (
          <Select
            label="Symbol and timeframe"
            value={name}
            options={series.map((one) => ({ value: nameOf(one), label: nameOf(one) }))}
            onChange={setChosen}
          />
        )}
        <Segmented
          label="Format"
          value={format}
          options={FORMATS}
          onChange={(value) => chooseExport({ format: value })}
        />
        <p className="muted">{FORMAT_TEXTS[format]}</p>
      </div>
    </Dialog>
  )
}

interface DateFieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
}

function DateField({ label, value, onChange }: DateFieldProps) {
  const id = useId()
  return (
    <span className="bk-export-date">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="bk-input"
        value={value}
        placeholder="all"
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => onChange(event.target.value)}
      />
    </span>
  )
}

interface Choice {
  readonly table: StoreTable
  readonly format: ExportRequest['format']
  readonly filter: ExportRequest['filter'] | null
  readonly from: string
  readonly to: string
}

/**
 * The request that a filled form stands for: a view's filter as it is, else the time between two dates (or instants) as a
 * clock in the market's zone shows them, both inclusive; an empty field is no bound.
 * @throws BAD_REQUEST for a date that can't be read, or an end before its start
 */
export function requestOf({ table, format, filter, from, to }: Choice, zoneName?: string): ExportRequest {
  if (filter !== null) return { table, format, filter }
  const zone = new MarketZone(zoneName)
  const range = {
    ...(from.trim() === '' ? {} : { from: parseInstant(from, zone) as number }),
    ...(to.trim() === '' ? {} : { to: parseInstant(to, zone, 'end') as number }),
  }
  if (range.from !== undefined && range.to !== undefined && range.to < range.from) {
    throw new BarkeepError('BAD_REQUEST', `The time ends (${to}) before it begins (${from}).`)
  }
  return { table, format, filter: range }
}

function zoneText(table: StoreTable, zone = 'America/Chicago'): string {
  return `YYYY-MM-DD, with a time if you like, ${zone}; empty is ${table === 'policies' ? 'every version' : 'everything'}`
}

function nameOf(series: Series | undefined): string {
  return series === undefined ? '' : `${series.symbol} ${series.timeframe}`
}
