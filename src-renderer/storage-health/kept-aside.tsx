import type { StorageOverview } from '../../schemas/contract/health.ts'
import { Button } from '../ui/button.tsx'
import { formatBytes, formatCount } from '../ui/figures.ts'
import { rebuildSnapshot } from './health-panel.tsx'

/** What stands in the store besides days: what it is for, how large it is, and whether it may go. */
export function KeptAside({
  overview: { recovery, quarantine, snapshot },
}: {
  readonly overview: StorageOverview
}) {
  return (
    <div className="bk-aside">
      <dl>
        <dt>Recovery</dt>
        <dd>
          <span className="bk-aside-figure">{filesAndSize(recovery)}</span>
          Parts that were merged into a dayfile, and dayfiles that a backfill replaced. They are kept in
          .barkeep/ for a while in case the new file turns out damaged, and go by themselves.
        </dd>
        <dt>Quarantine</dt>
        <dd>
          <span className="bk-aside-figure">{filesAndSize(quarantine)}</span>
          Damaged files, and parts that lost against their dayfile, moved aside. They no longer count and are
          never removed by Barkeep: look at them, then keep or remove them yourself.
        </dd>
        <dt>Snapshot</dt>
        <dd>
          <span className="bk-aside-figure">
            {snapshot === null
              ? 'not there'
              : `${snapshot.objects === null ? 'objects unknown' : formatCount(snapshot.objects, 'object')}, ${formatBytes(snapshot.bytes)}`}
          </span>
          The last state of every zone, level, marker and flag. It is derived from the events and can be
          rebuilt from them at any time.
          <div>
            <Button onClick={() => void rebuildSnapshot()}>Rebuild the snapshot</Button>
          </div>
        </dd>
      </dl>
    </div>
  )
}

function filesAndSize({ files, bytes }: { readonly files: number; readonly bytes: number }): string {
  return files === 0 ? 'empty' : `${formatCount(files, 'file')}, ${formatBytes(bytes)}`
}
