import { Database, FolderOpen, Import, TriangleAlert } from 'lucide-react'
import { type ReactNode, useEffect } from 'react'
import { useStore } from 'zustand'
import type { JobUpdate } from '../../schemas/contract/jobs.ts'
import { appStore, showOverlay } from '../state/app-store.ts'
import { cancelJob, jobsStore } from '../state/jobs.ts'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { ProgressBar } from '../ui/progress-bar.tsx'
import { tellDrawn } from './drawn.ts'
import { createSample, openStore } from './frame-commands.ts'
import { shellQuote } from './shell-quote.ts'
import './first-run.css'

/** No store is open: what one is, and the two ways to get one; or why the one asked for did not open. */
export function NoStore() {
  const error = useStore(appStore, (state) => state.openingError)
  useEffect(tellDrawn, [])
  const actions = (
    <StartActions>
      <Button tone="primary" icon={FolderOpen} onClick={() => void openStore()}>
        Open store…
      </Button>
    </StartActions>
  )
  if (error !== null) {
    return (
      <EmptyState icon={TriangleAlert} tone="problem" title="The store could not be opened" actions={actions}>
        <p>
          {error.message} <span className="bk-code">{error.code}</span>
        </p>
      </EmptyState>
    )
  }
  return (
    <EmptyState icon={Database} title="No store is open" actions={actions}>
      <p>
        A store is the folder that your bot writes its bars and zones to. Barkeep keeps it, checks it and
        shows it.
      </p>
      <p>
        Open yours, or an empty folder to begin with; or look around in a sample of invented bars and zones.
      </p>
    </EmptyState>
  )
}

/** A store without a first bar: how to bring data in, by command and by hand. */
export function NoData() {
  const path = useStore(appStore, (state) => state.store?.path ?? '')
  const platform = useStore(appStore, (state) => state.launch?.platform ?? 'linux')
  useEffect(tellDrawn, [])
  const store = shellQuote(path, platform)
  return (
    <EmptyState
      icon={Database}
      title="This store holds no bars yet"
      actions={
        <StartActions>
          <Button tone="primary" icon={Import} onClick={() => showOverlay('import')}>
            Import NDJSON…
          </Button>
        </StartActions>
      }
    >
      <p>
        Hand in what your bot wrote, one JSON document a line, or drop the file on this window. The chart
        shows it as soon as it is stored.
      </p>
      <CommandLine text={`npm run -s barkeep -- ingest candles bars.ndjson --store ${store}`} />
      <CommandLine text={`npm run -s barkeep -- ingest events zones.ndjson --store ${store}`} />
    </EmptyState>
  )
}

function CommandLine({ text }: { readonly text: string }) {
  return (
    <div className="bk-command-line">
      <code>{text}</code>
      <CopyButton text={text} label="Copy the command" />
    </div>
  )
}

/** The buttons of both screens, and in their place the sample's progress while it is written. */
function StartActions({ children }: { readonly children: ReactNode }) {
  const sample = useStore(jobsStore, (state) => state.running.find((job) => job.kind === 'sample'))
  if (sample !== undefined) return <SampleProgress update={sample} />
  return (
    <>
      {children}
      <Button onClick={() => void createSample()}>Create a sample store</Button>
    </>
  )
}

function SampleProgress({ update: { job, progress } }: { readonly update: JobUpdate }) {
  return (
    <div className="bk-sample-progress">
      <ProgressBar label="Writing the sample store" progress={progress} />
      <span>Writing the sample store: {progress.step}</span>
      <Button onClick={() => void cancelJob(job)}>Cancel</Button>
    </div>
  )
}
