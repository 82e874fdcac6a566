import { Import } from 'lucide-react'
import { useEffect, useState } from 'react'
import { appStore, showOverlay } from '../state/app-store.ts'
import { takeDropped } from '../state/import.ts'
import { showFailure } from '../state/notices.ts'
import { GUESS_BYTES, guessTable } from '../state/table-guess.ts'
import './drop-target.css'

/** The whole window takes a file that is dropped on it: the import dialog opens for it. */
export function DropTarget() {
  const [over, setOver] = useState(false)
  useEffect(() => listenToDrops(setOver), [])
  if (!over) return null
  return (
    <div className="bk-drop">
      <div className="bk-drop-card">
        <Import size={20} aria-hidden />
        Drop one file of JSON lines to import it
      </div>
    </div>
  )
}

function listenToDrops(setOver: (over: boolean) => void): () => void {
  const onOver = (event: DragEvent) => {
    if (!holdsFiles(event)) return
    // Without this the browser would open the file in place of the window.
    event.preventDefault()
    if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'copy'
    setOver(true)
  }
  // Only leaving the window has no element that the pointer goes to.
  const onLeave = (event: DragEvent) => event.relatedTarget === null && setOver(false)
  const onDrop = (event: DragEvent) => {
    if (!holdsFiles(event)) return
    event.preventDefault()
    setOver(false)
    // Read now: once the event is over the list is empty.
    void takeDrop([...(event.dataTransfer?.files ?? [])], holdsFolder(event))
  }
  window.addEventListener('dragover', onOver)
  window.addEventListener('dragleave', onLeave)
  window.addEventListener('drop', onDrop)
  return () => {
    window.removeEventListener('dragover', onOver)
    window.removeEventListener('dragleave', onLeave)
    window.removeEventListener('drop', onDrop)
  }
}

function holdsFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') === true
}

function holdsFolder({ dataTransfer }: DragEvent): boolean {
  return [...(dataTransfer?.items ?? [])].some((item) => item.webkitGetAsEntry()?.isDirectory === true)
}

async function takeDrop(files: readonly File[], folder: boolean): Promise<void> {
  const [file] = files
  if (appStore.getState().store === null) return refuse('NO_STORE', 'Open a store first, then drop the file.')
  if (folder) return refuse('BAD_REQUEST', 'That is a folder. Drop one file with a JSON document a line.')
  if (file === undefined || files.length > 1) {
    return refuse('BAD_REQUEST', `${files.length} files were dropped. Drop one at a time.`)
  }
  const head = await file
    .slice(0, GUESS_BYTES)
    .text()
    // A file that can't be read: the import says why, here only its name is known.
    .catch(() => '')
  if (!takeDropped(file, guessTable(file.name, head))) {
    refuse('LOCKED', 'An import is still running. Wait for it or cancel it, then drop the file again.')
  }
  showOverlay('import')
}

function refuse(code: 'NO_STORE' | 'BAD_REQUEST' | 'LOCKED', message: string): void {
  showFailure('The drop was not taken', { code, message })
}
