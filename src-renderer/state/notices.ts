import { createStore } from 'zustand/vanilla'
import type { ErrorReport } from '../../schemas/contract/errors.ts'
import { failureReport } from '../engine/client.ts'

export interface Notice {
  readonly id: number
  /** What was tried, in a few words: `Compaction failed`. */
  readonly title: string
  readonly report: ErrorReport
  /** How often the same notice came in a row. */
  readonly times: number
}

export interface NoticeState {
  /** Failures that wait to be read, oldest first; each stays until dismissed. */
  readonly notices: readonly Notice[]
  /** The last piece of good news, shown in the status bar until the next. */
  readonly message: Message | null
}

export interface Message {
  readonly text: string
  /** Id of the command that shows more, such as a receipt. */
  readonly command?: string
}

export const noticeStore = createStore<NoticeState>(() => ({ notices: [], message: null }))

let nextId = 1

/** Shows a failure with its code and message. The same failure again counts up instead of piling up. */
export function reportFailure(title: string, thrown: unknown): void {
  showFailure(title, failureReport(thrown))
}

/** As `reportFailure`, for a report that came inside an answer (a failed job). */
export function showFailure(title: string, report: ErrorReport): void {
  const { notices } = noticeStore.getState()
  const same = notices.find((one) => one.title === title && one.report.message === report.message)
  noticeStore.setState({
    notices: same
      ? notices.map((one) => (one === same ? { ...one, times: one.times + 1 } : one))
      : [...notices, { id: nextId++, title, report, times: 1 }],
  })
}

export function dismissNotice(id: number): void {
  noticeStore.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }))
}

/** Good news in a few words, in the status bar: `Compacted 12 days`; a click on it runs `command`. */
export function announce(text: string, command?: string): void {
  noticeStore.setState({ message: command === undefined ? { text } : { text, command } })
}
