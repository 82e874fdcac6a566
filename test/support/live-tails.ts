import type { StoreInfo } from '../../schemas/contract/health.ts'
import type { Viewport } from '../../schemas/contract/viewport.ts'
import type { ViewportRequest } from '../../schemas/generated/requests.ts'
import type { OpenOptions } from '../../src-main/store/api.ts'
import type { StoreContext } from '../../src-main/store/context.ts'
import { WindowEmas } from '../../src-main/store/emas/window-emas.ts'
import { objectsAt } from '../../src-main/store/events/as-of.ts'
import { BarNumbers } from '../../src-main/store/events/bar-numbers.ts'
import { Timeline } from '../../src-main/store/events/timeline.ts'
import { ALL, type Hint } from '../../src-main/store/live/hints.ts'
import { LiveTails, type TailChanges } from '../../src-main/store/live/tails.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'
import { DayBlocks } from '../../src-main/store/read/day-blocks.ts'
import { DayfileFactsCache } from '../../src-main/store/read/dayfile-facts.ts'
import { storeInfo } from '../../src-main/store/read/store-info.ts'
import { viewport } from '../../src-main/store/read/viewport.ts'

/** The tails of a store without anything that looks by itself: a look happens when the test says so. */
export interface OpenTails {
  readonly context: StoreContext
  readonly tails: LiveTails
  /** A look that is told; at everything unless hinted. Null when nothing is different. */
  look(...hints: readonly Hint[]): Promise<TailChanges | null>
  /** From the same parts that the tails look at. */
  viewport(request: ViewportRequest): Promise<Viewport>
  info(): Promise<StoreInfo>
  close(): Promise<void>
}

/** @param asking called when the tails ask for a window */
export async function openTails(
  root: string,
  options: OpenOptions = {},
  asking: () => void = () => {},
): Promise<OpenTails> {
  const context = await openContext(root, options)
  const blocks = new DayBlocks(context)
  const facts = new DayfileFactsCache(context)
  const timeline = new Timeline(context)
  const barNumbers = new BarNumbers(context)
  const emas = new WindowEmas(blocks)
  const ask = (request: ViewportRequest): Promise<Viewport> =>
    viewport(
      { context, blocks, facts, emas, objectsAt: (objects) => objectsAt(timeline, barNumbers, objects) },
      request,
    )
  const info = (): Promise<StoreInfo> => storeInfo({ context, blocks, facts })
  const tails = new LiveTails({
    ...{ context, blocks, timeline, barNumbers, info },
    viewport: (request) => {
      asking()
      return ask(request)
    },
  })
  return {
    context,
    tails,
    look: async (...hints) => {
      const changes = await tails.look(hints.length === 0 ? [ALL] : hints)
      tails.told()
      if (!hints.some(({ kind }) => kind === 'ledger')) return changes
      // What is found beside a look is told by the next one.
      await tails.settled()
      const behind = await tails.look([])
      tails.told()
      if (changes === null || behind === null) return changes ?? behind
      return { ...changes, ...behind, tables: [...changes.tables, ...behind.tables] }
    },
    viewport: ask,
    info,
    close: async () => {
      await facts.settled()
      await closeContext(context)
    },
  }
}
