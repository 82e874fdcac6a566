import { ArrowUp } from 'lucide-react'
import { formatCount } from './figures.ts'
import './newer-rows.css'

export interface NewerRowsProps {
  readonly count: number
  /** In the singular. */
  readonly noun: string
  readonly onShow: () => void
}

/** Says over a table how many rows came that are not in sight, and brings them there. */
export function NewerRows({ count, noun, onShow }: NewerRowsProps) {
  return (
    <div className="bk-new-rows" role="status">
      {count > 0 && (
        <button type="button" className="bk-new-rows-pill" data-testid="newer-rows" onClick={onShow}>
          <ArrowUp size={14} aria-hidden />
          {formatCount(count, noun)}
        </button>
      )}
    </div>
  )
}
