import type { Finding, FindingCode } from '../../../schemas/contract/health.ts'
import { type Mendable, plannedText, type Remedy } from './remedies.ts'

interface Listed {
  readonly finding: Finding
  count: number
  remedy: Remedy | null
}

/** Findings as they come, one for a code and path: the first in words, what repeats it as a count. */
export class FindingList {
  readonly #found = new Map<string, Listed>()

  /** @param remedy what repair can do about it; null where only a person can help */
  add(code: FindingCode, path: string, detail: string, remedy: Remedy | null = null): void {
    const key = `${code} ${path}`
    const known = this.#found.get(key)
    if (known === undefined) {
      this.#found.set(key, { finding: { code, path, detail, repaired: false }, count: 1, remedy })
      return
    }
    if (known.finding.detail !== detail) known.count++
    known.remedy ??= remedy
  }

  has(code: FindingCode, path: string): boolean {
    return this.#found.has(`${code} ${path}`)
  }

  /** By path, then code. */
  all(): readonly Finding[] {
    return [...this.#found.values()].map(asFinding).sort(compareFindings)
  }

  /** Those that repair can do something about, by path. */
  mendable(): readonly Mendable[] {
    const found: Mendable[] = []
    for (const listed of this.#found.values()) {
      if (listed.remedy !== null) found.push({ finding: asFinding(listed), remedy: listed.remedy })
    }
    return found.sort((a, b) => compareFindings(a.finding, b.finding))
  }
}

/** By path, then code. */
export function compareFindings(a: Finding, b: Finding): number {
  return compare(a.path, b.path) || compare(a.code, b.code)
}

function asFinding({ finding, count, remedy }: Listed): Finding {
  return {
    ...finding,
    ...(count === 1 ? {} : { detail: `${finding.detail}; ${count} such in all` }),
    ...(remedy === null ? {} : { repair: plannedText(remedy) }),
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
