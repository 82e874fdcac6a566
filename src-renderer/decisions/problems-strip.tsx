import { TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import type { Problem } from '../../schemas/contract/viewport.ts'
import { Button } from '../ui/button.tsx'
import { formatCount } from '../ui/figures.ts'

/** What was left out of the answer, or needs a look: one line, each file with its code on request. */
export function ProblemsStrip({ problems }: { readonly problems: readonly Problem[] }) {
  const [open, setOpen] = useState(false)
  const [first] = problems
  if (first === undefined) return null
  return (
    <section className="bk-decisions-problems" aria-label="Problems met in the files">
      <div className="bk-decisions-problem">
        <TriangleAlert size={14} aria-hidden />
        <span className="bk-decisions-problem-text">
          {problems.length === 1 ? `${first.file}: ${first.detail}` : formatCount(problems.length, 'problem')}
        </span>
        {problems.length === 1 ? (
          <span className="bk-code">{first.code}</span>
        ) : (
          <Button tone="quiet" onClick={() => setOpen(!open)}>
            {open ? 'Less' : 'Which?'}
          </Button>
        )}
      </div>
      {open && problems.length > 1 && (
        <ul>
          {problems.map(({ file, code, detail }) => (
            <li key={`${file} ${code} ${detail}`}>
              <span className="bk-code">{code}</span> {file}: {detail}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
