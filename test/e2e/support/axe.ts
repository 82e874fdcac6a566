import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from '@playwright/test'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface AxeResults {
  readonly violations: readonly {
    readonly id: string
    readonly help: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
  }[]
  readonly passes: readonly unknown[]
}

/**
 * What axe finds wrong with the page as it stands, one line a place; nothing when it is clean. The library is evaluated
 * through the debugger, because the page's policy forbids script tags.
 * @param within looks at this part alone; all of the page unless given
 * @throws when axe checked nothing: an empty page is no clean page.
 */
export async function axeFindings(page: Page, within = 'html'): Promise<readonly string[]> {
  await page.evaluate(source)
  const { violations, passes } = await page.evaluate(async (part) => {
    const { axe } = window as unknown as { axe: { run(context: string): Promise<AxeResults> } }
    const results = await axe.run(part)
    return { violations: results.violations, passes: results.passes.length }
  }, within)
  if (passes === 0) throw new Error('axe found nothing to check')
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 200)} ${node.failureSummary ?? ''}`),
  )
}
