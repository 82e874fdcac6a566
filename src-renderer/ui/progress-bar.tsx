import type { Progress } from '../../schemas/contract/jobs.ts'
import './progress-bar.css'

export interface ProgressBarProps {
  /** What is under way, for a screen reader. */
  readonly label: string
  readonly progress: Progress
}

/** How far work has come; a moving stripe while its length isn't known. */
export function ProgressBar({ label, progress: { done, total, step } }: ProgressBarProps) {
  const known = total !== null && total > 0
  const percent = known ? Math.min(100, Math.floor((done / total) * 100)) : undefined
  return (
    <div
      className="bk-progress"
      role="progressbar"
      aria-label={label}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuetext={known ? `${done} of ${total}: ${step}` : step}
      data-unknown={known ? undefined : ''}
    >
      <div className="bk-progress-fill" style={known ? { width: `${percent}%` } : undefined} />
    </div>
  )
}
