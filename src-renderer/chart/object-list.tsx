import { useVirtualizer } from '@tanstack/react-virtual'
import { type CSSProperties, type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import { useStore } from 'zustand'
import type { ViewportObject } from '../../schemas/contract/viewport.ts'
import { Segmented } from '../ui/segmented.tsx'
import type { ChartSession } from './chart-session.ts'
import { distanceTo } from './object-filter.ts'
import { ObjectGlyph } from './object-glyph.tsx'
import { nameOf, priceBand } from './object-meaning.ts'
import { formatPrice } from './price-format.ts'
import { hoverObject, objectsStore, selectObject } from './state/objects-store.ts'
import { seriesStore } from './state/series-store.ts'

const ROW_PX = 28
const ORDERS = [
  { value: 'price', label: 'By price' },
  { value: 'near', label: 'Nearest' },
  { value: 'new', label: 'Newest' },
] as const
type Order = (typeof ORDERS)[number]['value']

/** Everything drawn, a row each: what the pointer is over lights up on the chart, what is clicked there is found here. */
export function ObjectList({ session }: { readonly session: ChartSession }) {
  const { shown, hovered, selected, pickedOnChart } = useStore(objectsStore)
  const [order, setOrder] = useState<Order>('price')
  const scroller = useRef<HTMLDivElement>(null)
  const price = useStore(seriesStore, ({ feed }) => feed.bars.close.at(-1) ?? null)
  const rows = useMemo(() => inOrder(shown, order, price), [shown, order, price])
  const decimals = useStore(seriesStore, (state) => state.decimals)
  // One width for all rows, so that prices stand in a column: that of the widest.
  const figures = useMemo(
    () => Math.max(0, ...rows.map((one) => figuresIn(priceText(one, decimals)))),
    [rows, decimals],
  )
  const index = rows.findIndex((object) => object.id === selected)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
    getItemKey: (row) => rows[row]?.id ?? row,
  })
  // Only a pick on the chart scrolls: scrolling with every re-sort would tear the list away.
  useEffect(() => {
    if (pickedOnChart > 0 && index >= 0) virtual.scrollToIndex(index, { align: 'auto' })
  }, [pickedOnChart])

  const moveTo = (row: number) => {
    const object = rows[Math.max(0, Math.min(rows.length - 1, row))]
    if (object === undefined) return
    selectObject(object.id)
    virtual.scrollToIndex(rows.indexOf(object), { align: 'auto' })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const current = rows[index]
    const steps: Record<string, () => void> = {
      ArrowDown: () => moveTo(index + 1),
      ArrowUp: () => moveTo(index < 0 ? rows.length - 1 : index - 1),
      Home: () => moveTo(0),
      End: () => moveTo(rows.length - 1),
      Enter: () => current && void session.centreOn(current),
    }
    const step = steps[event.key]
    if (step === undefined) return
    event.preventDefault()
    step()
  }

  return (
    <>
      <div className="bk-objects-order">
        <Segmented label="Order of the list" value={order} options={ORDERS} onChange={setOrder} />
      </div>
      {rows.length === 0 && <NothingListed />}
      <div
        ref={scroller}
        className="bk-objects-rows"
        role="listbox"
        aria-label="Objects in view"
        data-keys-pass
        aria-activedescendant={index >= 0 ? rowId(rows[index]) : undefined}
        tabIndex={0}
        hidden={rows.length === 0}
        onKeyDown={onKeyDown}
        onPointerLeave={() => hoverObject(null)}
      >
        <div style={{ ...priceColumn(figures), position: 'relative', height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const object = rows[item.index]
            return (
              object && (
                <ObjectRow
                  key={item.key}
                  object={object}
                  top={item.start}
                  decimals={decimals}
                  hovered={object.id === hovered}
                  selected={object.id === selected}
                  onCentre={() => void session.centreOn(object)}
                />
              )
            )
          })}
        </div>
      </div>
    </>
  )
}

interface ObjectRowProps {
  readonly object: ViewportObject
  readonly top: number
  readonly decimals: number
  readonly hovered: boolean
  readonly selected: boolean
  readonly onCentre: () => void
}

function ObjectRow({ object, top, decimals, hovered, selected, onCentre }: ObjectRowProps) {
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the list box has the focus and names the active row.
    // biome-ignore lint/a11y/useKeyWithClickEvents: as above, keys go to the list box.
    <div
      id={rowId(object)}
      role="option"
      className="bk-object-row"
      aria-selected={selected}
      data-hovered={hovered ? '' : undefined}
      data-testid="object-row"
      style={{ transform: `translateY(${top}px)` }}
      onPointerEnter={() => hoverObject(object.id)}
      onClick={() => selectObject(object.id)}
      onDoubleClick={onCentre}
    >
      <ObjectGlyph object={object} />
      <span className="bk-object-name" title={nameOf(object)}>
        {nameOf(object)}
      </span>
      <span className="muted">{object.timeframe.toLowerCase()}</span>
      <span className="muted bk-object-status">{object.status}</span>
      <span className="numeric">{priceText(object, decimals)}</span>
    </div>
  )
}

function NothingListed() {
  const { known, filter } = useStore(objectsStore)
  const filtered = known.length > 0 && Object.values(filter).some((part) => part !== null)
  return (
    <p className="bk-objects-none">
      {filtered
        ? 'Nothing in view passes the filter.'
        : 'No zones, levels, flags or markers live in the time in view.'}
    </p>
  )
}

function priceText(object: ViewportObject, decimals: number): string {
  const band = priceBand(object)
  if (band === null) return ''
  const low = formatPrice(band.low, decimals)
  return band.low === band.high ? low : `${low}–${formatPrice(band.high, decimals)}`
}

/** Width of a price in figures: what stands between them takes about half of one. */
function figuresIn(text: string): number {
  const digits = text.replace(/\D/g, '').length
  return digits + (text.length - digits) * 0.6
}

function priceColumn(figures: number): CSSProperties {
  return { '--price-width': `${figures}ch` } as CSSProperties
}

function rowId(object: ViewportObject | undefined): string | undefined {
  return object === undefined ? undefined : `object-${object.id}`
}

function inOrder(
  objects: readonly ViewportObject[],
  order: Order,
  price: number | null,
): readonly ViewportObject[] {
  if (order === 'new') return objects.toSorted((a, b) => b.updated_ts - a.updated_ts)
  if (order === 'near') {
    if (price === null) return objects
    return objects.toSorted((a, b) => distanceTo(a, price) - distanceTo(b, price))
  }
  const middle = (object: ViewportObject): number => {
    const band = priceBand(object)
    return band === null ? Number.NEGATIVE_INFINITY : (band.low + band.high) / 2
  }
  return objects.toSorted((a, b) => middle(b) - middle(a))
}
