import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { reportFailure } from '../state/notices.ts'
import { IconButton } from './icon-button.tsx'

/** How long the tick stays after copying. */
const TICK_MS = 1500

/** Puts a text on the clipboard and shows that it did. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), TICK_MS)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = () => {
    navigator.clipboard
      .writeText(text)
      .then(() => setCopied(true))
      .catch((thrown) => reportFailure('Could not copy', thrown))
  }
  return <IconButton icon={copied ? Check : Copy} label={copied ? 'Copied' : label} onClick={copy} />
}
