import type { FilesAndBytes, PolicyFileState, StorageOverview } from '../../schemas/contract/health.ts'
import { runCommand } from '../state/commands.ts'
import { planPurge } from '../state/purge.ts'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { formatBytes, formatCount } from '../ui/figures.ts'
import { rebuildSnapshot } from './health-panel.tsx'

/** What stands in the store besides days: what it is for, how large it is, and whether it may go. */
export function KeptAside({
  overview: { recovery, quarantine, snapshot, policies, emas, pictures },
}: {
  readonly overview: StorageOverview
}) {
  return (
    <div className="bk-aside">
      <section>
        <h2>Recovery</h2>
        <strong>{filesAndSize(recovery)}</strong>
        <p>
          Files that were merged into larger ones, in case those turn out damaged, and what a backfill
          replaced. They go when retention is over.
        </p>
        <div className="bk-schedule-buttons">
          <Button onClick={() => void planPurge()}>Purge…</Button>
          <Button onClick={() => runCommand('schedule')}>Retention…</Button>
        </div>
      </section>
      <section>
        <h2>Quarantine</h2>
        <strong>{filesAndSize(quarantine)}</strong>
        <p>
          Damaged files, and parts that lost against their dayfile. They no longer count and are never removed
          by Barkeep: that is up to you.
        </p>
      </section>
      <section>
        <h2>Snapshot</h2>
        <strong>{snapshotText(snapshot)}</strong>
        <p>
          The last state of every zone, level, marker and flag. It is derived from the events and can be
          rebuilt from them at any time.
        </p>
        <Button onClick={() => void rebuildSnapshot()}>Rebuild the snapshot</Button>
      </section>
      {policies !== undefined && <Policies policies={policies} />}
      {emas !== undefined && pictures !== undefined && (
        <section>
          <h2>Averages and pictures</h2>
          <strong>
            {filesAndSize(emas)}; {pictures.files === 0 ? 'no pictures' : pictureText(pictures)}
          </strong>
          <p>
            Averages of compacted days in emas/ are derived from candles. Nothing reads the pictures in
            images/ and flags/: remove them as you like.
          </p>
        </section>
      )}
    </div>
  )
}

function Policies({ policies: { file, versions, bytes, sha256, problem } }: { policies: PolicyFileState }) {
  return (
    <section>
      <h2>Policies</h2>
      <strong>
        {versions === null ? 'can’t be read' : formatCount(versions, 'version')}, {formatBytes(bytes)}
      </strong>
      <p>
        One file, <code>{file}</code>, a row a version; what is stored never changes.
      </p>
      {problem !== null && <p className="bk-problem-text">{problem}</p>}
      <p className="bk-digest">
        {sha256 === null ? (
          'SHA-256 not on record (written by another program)'
        ) : (
          <>
            SHA-256 <code title={sha256}>{sha256.slice(0, 12)}…</code>
            <CopyButton text={sha256} label="Copy the SHA-256" />
          </>
        )}
      </p>
    </section>
  )
}

function snapshotText(snapshot: StorageOverview['snapshot']): string {
  if (snapshot === null) return 'not there'
  const objects = snapshot.objects === null ? 'objects unknown' : formatCount(snapshot.objects, 'object')
  return `${objects}, ${formatBytes(snapshot.bytes)}`
}

function filesAndSize({ files, bytes }: FilesAndBytes): string {
  return files === 0 ? 'empty' : `${formatCount(files, 'file')}, ${formatBytes(bytes)}`
}

function pictureText({ files, bytes }: FilesAndBytes): string {
  return `${formatCount(files, 'picture')}, ${formatBytes(bytes)}`
}
