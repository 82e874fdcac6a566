import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import './empty-state.css'

export interface EmptyStateProps {
  readonly icon?: LucideIcon
  readonly title: string
  /** Why there is nothing and what to do next. */
  readonly children?: ReactNode
  /** Buttons that do it. */
  readonly actions?: ReactNode
  /** `problem` when it is empty because something failed; it is then announced. */
  readonly tone?: 'normal' | 'problem'
}

/** What a view shows instead of content: nothing there, nothing in this window, loading failed. */
export function EmptyState({ icon: Icon, title, children, actions, tone = 'normal' }: EmptyStateProps) {
  return (
    <div className="bk-empty" data-tone={tone} role={tone === 'problem' ? 'alert' : undefined}>
      {Icon && <Icon size={24} strokeWidth={1.5} aria-hidden />}
      <h2>{title}</h2>
      {children && <div className="bk-empty-text">{children}</div>}
      {actions && <div className="bk-empty-actions">{actions}</div>}
    </div>
  )
}
