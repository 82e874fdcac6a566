import { FolderOpen, X } from 'lucide-react'
import { useStore } from 'zustand'
import type { JobUpdate } from '../../schemas/contract/jobs.ts'
import { appStore } from '../state/app-store.ts'
import { runCommand } from '../state/commands.ts'
import { healthStore } from '../state/health.ts'
import { cancelJob, jobsStore } from '../state/jobs.ts'
import { noticeStore } from '../state/notices.ts'
import { needsAttention } from '../storage-health/finding-guide.ts'
import { formatCount } from '../ui/figures.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { ProgressBar } from '../ui/progress-bar.tsx'
import { Tooltip } from '../ui/tooltip.tsx'
import { showView } from './frame-commands.ts'
import { JOB_NAMES } from './job-outcomes.ts'
import { EndpointSign, LiveState } from './status-live.tsx'
import './status-bar.css'

/** One line on the state of things: where, how fresh, how healthy, what runs. Each part leads to more. */
export function StatusBar() {
  const store = useStore(appStore, (state) => state.store)
  const running = useStore(jobsStore, (state) => state.running)
  return (
    <footer className="bk-status">
      {store === null ? (
        <span className="bk-status-item">No store open</span>
      ) : (
        <>
          <StorePath path={store.path} />
          <LiveState store={store} />
          <Health partsWaiting={store.partsWaiting} />
        </>
      )}
      <EndpointSign />
      <LastMessage hidden={running.length > 0} />
      {running.map((job) => (
        <RunningJob key={job.job} update={job} />
      ))}
    </footer>
  )
}

/** The last piece of good news; a click leads to its receipt. Makes room for work that runs. */
function LastMessage({ hidden }: { readonly hidden: boolean }) {
  const message = useStore(noticeStore, (state) => state.message)
  const { command } = message ?? {}
  return (
    <span className="bk-status-message" role="status">
      {!hidden &&
        (command === undefined ? (
          message?.text
        ) : (
          <button type="button" className="bk-status-item" onClick={() => runCommand(command)}>
            {message?.text}
          </button>
        ))}
    </span>
  )
}

function StorePath({ path }: { readonly path: string }) {
  return (
    <Tooltip label={`Show in the file manager: ${path}`} side="top">
      <button
        type="button"
        className="bk-status-item bk-status-path"
        aria-label={`Store ${path}. Show in the file manager`}
        onClick={() => runCommand('store.reveal')}
      >
        <FolderOpen size={14} aria-hidden />
        {/* Clipped at its start: the end of a path is what tells two stores apart. */}
        <span className="bk-status-clip">
          <bdi>{path}</bdi>
        </span>
      </button>
    </Tooltip>
  )
}

function Health({ partsWaiting }: { readonly partsWaiting: number }) {
  const found = useStore(healthStore, (state) => state.findings)
  const findings = found === null ? null : found.filter(({ repaired }) => !repaired).length
  const changed = useStore(appStore, (state) => state.checkedRevision !== state.storeRevision)
  return (
    <>
      <Tooltip
        label="Bars and events that stand as single files until their day is compacted. They are stored and shown all the same."
        side="top"
      >
        <button type="button" className="bk-status-item" onClick={() => showView('storage')}>
          {formatCount(partsWaiting, 'part')} waiting
        </button>
      </Tooltip>
      <Tooltip
        label="Findings of the last check of this store since it was opened. Run one in Storage."
        side="top"
      >
        <button
          type="button"
          className="bk-status-item"
          data-alarm={found?.some(needsAttention) ? '' : undefined}
          onClick={() => showView('storage')}
        >
          {findings === null
            ? 'Not checked'
            : findings === 0
              ? 'No findings'
              : formatCount(findings, 'finding')}
          {findings !== null && changed && <span className="muted">(before changes)</span>}
        </button>
      </Tooltip>
    </>
  )
}

function RunningJob({ update: { job, kind, progress } }: { readonly update: JobUpdate }) {
  const { done, total, step } = progress
  return (
    <span className="bk-status-job">
      <span className="bk-status-step">
        {JOB_NAMES[kind]} <span className="muted">{step}</span>
      </span>
      <ProgressBar label={JOB_NAMES[kind]} progress={progress} />
      <span className="numeric">
        {total === null ? formatCount(done) : `${formatCount(done)} / ${formatCount(total)}`}
      </span>
      <IconButton
        icon={X}
        label={`Cancel: ${JOB_NAMES[kind]}`}
        side="top"
        onClick={() => void cancelJob(job)}
      />
    </span>
  )
}
