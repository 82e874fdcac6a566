import { TriangleAlert, X } from 'lucide-react'
import { useStore } from 'zustand'
import { dismissNotice, noticeStore } from '../state/notices.ts'
import { Button } from '../ui/button.tsx'
import { IconButton } from '../ui/icon-button.tsx'

/** More than this and the strip would push the view away. */
const IN_SIGHT = 3

/** Failures that wait to be read, in the layout between view and status bar: they never cover the view. */
export function NoticeStrip() {
  const notices = useStore(noticeStore, (state) => state.notices)
  const hidden = notices.length - IN_SIGHT
  return (
    <div className="bk-notices" role="alert">
      {notices.slice(-IN_SIGHT).map(({ id, title, report, times }) => (
        <div key={id} className="bk-notice">
          <TriangleAlert size={16} aria-hidden />
          <p className="bk-notice-text">
            <strong>{title}.</strong> {report.message} {report.file && <code>{report.file}</code>}{' '}
            <span className="bk-code">{report.code}</span>
            {times > 1 && <span className="muted"> {times} times</span>}
          </p>
          <IconButton icon={X} label="Dismiss" side="left" onClick={() => dismissNotice(id)} />
        </div>
      ))}
      {hidden > 0 && (
        <div className="bk-notice-more">
          and {hidden} more
          <Button tone="quiet" onClick={() => noticeStore.setState({ notices: [] })}>
            Dismiss all
          </Button>
        </div>
      )}
    </div>
  )
}
