import type { Finding, FindingCode } from '../../../schemas/contract/health.ts'

/** Findings as they come, one for a code and path: the first in words, what repeats it as a count. */
export class FindingList {
  readonly #found = new Map<string, { finding: Finding; count: number }>()

  add(code: FindingCode, path: string, detail: string): void {
    const key = `${code} ${path}`
    const known = this.#found.get(key)
    if (known === undefined)
      this.#found.set(key, { finding: { code, path, detail, repaired: false }, count: 1 })
    else if (known.finding.detail !== detail) known.count++
  }

  has(code: FindingCode, path: string): boolean {
    return this.#found.has(`${code} ${path}`)
  }

  /** By path, then code. */
  all(): readonly Finding[] {
    return [...this.#found.values()]
      .map(({ finding, count }) =>
        count === 1 ? finding : { ...finding, detail: `${finding.detail}; ${count} such in all` },
      )
      .sort((a, b) => compare(a.path, b.path) || compare(a.code, b.code))
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
