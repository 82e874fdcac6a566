import { TriangleAlert } from 'lucide-react'
import type { ErrorReport } from '../../schemas/contract/errors.ts'
import type { Problem } from '../../schemas/contract/viewport.ts'
import { Button } from '../ui/button.tsx'
import { formatCount } from '../ui/figures.ts'

export interface ProblemStripProps {
  readonly problems: readonly Problem[]
  /** Of the last question, while an earlier answer is still shown. */
  readonly error: ErrorReport | null
  readonly onRetry: () => void
}

/** What the figures below don't hold: files left out, rows that break their schema, a question that failed. */
export function ProblemStrip({ problems, error, onRetry }: ProblemStripProps) {
  const [first] = problems
  return (
    <div role="status">
      {error !== null && (
        <div className="bk-strip" data-tone="problem">
          <TriangleAlert size={14} aria-hidden />
          <span className="bk-strip-text">
            These figures could not be brought up to date. {error.message}{' '}
            <span className="bk-code">{error.code}</span>
          </span>
          <Button onClick={onRetry}>Try again</Button>
        </div>
      )}
      {first !== undefined && (
        <div className="bk-strip" data-tone="problem" data-testid="problems">
          <TriangleAlert size={14} aria-hidden />
          <span
            className="bk-strip-text"
            title={problems.map(({ file, detail }) => `${file}: ${detail}`).join('\n')}
          >
            {formatCount(problems.length, 'file')} left out or in need of a look: <code>{first.file}</code>{' '}
            {first.detail} <span className="bk-code">{first.code}</span>
            {problems.length > 1 && ` and ${formatCount(problems.length - 1)} more`}
          </span>
        </div>
      )}
    </div>
  )
}
