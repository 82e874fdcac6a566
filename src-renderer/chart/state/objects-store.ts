import { createStore } from 'zustand/vanilla'
import type { ViewportObject } from '../../../schemas/contract/viewport.ts'
import type { Preferences } from '../../../schemas/generated/requests.ts'
import { setPreferences } from '../../state/preferences.ts'
import { NO_FILTER, type ObjectFilter } from '../object-filter.ts'

/** Which objects are asked for, which are drawn, and which one is meant. */
export interface ObjectsState {
  readonly filter: ObjectFilter
  /** Draw all that pass, not only the nearest. */
  readonly all: boolean
  /** Also removed ones, up to their close. */
  readonly removed: boolean
  /** Drawn and listed now. */
  readonly shown: readonly ViewportObject[]
  /** How many live in the visible time and pass the filter, drawn or not. */
  readonly passing: number
  /** Everything loaded, whatever the filter: what its choices are made of. */
  readonly known: readonly ViewportObject[]
  readonly hovered: string | null
  readonly selected: string | null
  /** Counts selections made on the chart: the list scrolls to the selected row when it moves. */
  readonly pickedOnChart: number
}

export const OBJECTS_START: ObjectsState = {
  filter: NO_FILTER,
  all: false,
  removed: false,
  shown: [],
  passing: 0,
  known: [],
  hovered: null,
  selected: null,
  pickedOnChart: 0,
}

export const objectsStore = createStore<ObjectsState>(() => OBJECTS_START)

/** Takes up the kept choices. An empty list means no restriction, as a missing one does. */
export function restoreObjectChoices(kept: Preferences): void {
  const listed = (list: readonly string[] | undefined) =>
    list === undefined || list.length === 0 ? null : list
  objectsStore.setState({
    ...OBJECTS_START,
    filter: {
      ...NO_FILTER,
      types: listed(kept.objectTypes),
      statuses: listed(kept.objectStatuses),
      timeframes: listed(kept.objectTimeframes),
    },
    all: kept.showAllObjects ?? false,
    removed: kept.showRemovedObjects ?? false,
  })
}

/** Changes the filter and keeps it. A price band belongs to the day one looks at, so it is not kept. */
export function setObjectFilter(change: Partial<ObjectFilter>): void {
  const filter = { ...objectsStore.getState().filter, ...change }
  objectsStore.setState({ filter })
  setPreferences({
    objectTypes: [...(filter.types ?? [])].slice(0, 16) as Preferences['objectTypes'] & string[],
    objectStatuses: [...(filter.statuses ?? [])].slice(0, 64),
    objectTimeframes: [...(filter.timeframes ?? [])].slice(0, 64),
  })
}

export function showAllObjects(all: boolean): void {
  objectsStore.setState({ all })
  setPreferences({ showAllObjects: all })
}

export function showRemovedObjects(removed: boolean): void {
  objectsStore.setState({ removed })
  setPreferences({ showRemovedObjects: removed })
}

export function hoverObject(hovered: string | null): void {
  if (objectsStore.getState().hovered !== hovered) objectsStore.setState({ hovered })
}

/** Selects an object, or none. `onChart`: by a click on it there, so that the list follows. */
export function selectObject(selected: string | null, onChart = false): void {
  objectsStore.setState(({ pickedOnChart }) => ({
    selected,
    pickedOnChart: onChart ? pickedOnChart + 1 : pickedOnChart,
  }))
}
