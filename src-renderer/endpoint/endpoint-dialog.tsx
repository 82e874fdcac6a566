import { Check, Copy, RefreshCw } from 'lucide-react'
import { useEffect, useId, useState } from 'react'
import { useStore } from 'zustand'
import type { EndpointState } from '../../schemas/contract/endpoint.ts'
import { appStore, showOverlay } from '../state/app-store.ts'
import { Button } from '../ui/button.tsx'
import { Checkbox } from '../ui/checkbox.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { formatCount } from '../ui/figures.ts'
import { copyToken, endpointStore, renewToken, switchEndpoint } from './endpoint-store.ts'
import { RefusalList } from './refusal-list.tsx'
import './endpoint-dialog.css'

/** Switches the ingest endpoint, and says what a bot needs to know of it. */
export function EndpointDialog() {
  const open = useStore(appStore, (state) => state.overlay === 'endpoint')
  const { state, busy } = useStore(endpointStore)
  const close = () => showOverlay(null)
  return (
    <Dialog
      open={open}
      onClose={close}
      width={640}
      title="Ingest endpoint"
      footer={
        <Button tone="primary" onClick={close}>
          Done
        </Button>
      }
    >
      {state === null ? (
        <p className="muted" role="status">
          Looking at how it stands…
        </p>
      ) : (
        <Settings state={state} busy={busy} />
      )}
    </Dialog>
  )
}

function Settings({ state, busy }: { readonly state: EndpointState; readonly busy: boolean }) {
  const { on, port, url, error, store, tokenFile } = state
  return (
    <div className="bk-endpoint">
      <Checkbox
        checked={on}
        onChange={(next) => void switchEndpoint(next, port)}
        label="Take batches from bots on this machine"
        hint="Over HTTP, on 127.0.0.1 alone, from programs that show the token. Nothing listens while this is off."
      />
      <PortField key={port} port={port} disabled={busy} onChoose={(next) => void switchEndpoint(on, next)} />
      {error !== null && (
        <p className="bk-endpoint-failure" role="alert">
          {error.message} <span className="bk-code">{error.code}</span>
        </p>
      )}
      <dl className="bk-endpoint-facts">
        <dt>Address</dt>
        <dd>
          {url === null ? (
            <span className="muted">{on ? 'not listening' : 'off'}</span>
          ) : (
            <>
              <code>{url}</code> <CopyButton text={url} label="Copy the address" />
            </>
          )}
        </dd>
        <dt>Writes to</dt>
        <dd>
          {store === null ? (
            <span className="muted">no store is open: batches are refused</span>
          ) : (
            <code>{store}</code>
          )}
        </dd>
        <dt>Token file</dt>
        <dd>
          <code>{tokenFile}</code> <CopyButton text={tokenFile} label="Copy the token file's path" />
        </dd>
        <dt>Token</dt>
        <dd>
          <Token on={on} busy={busy} />
        </dd>
        <dt>Since switched on</dt>
        <dd className="numeric">{on ? figures(state) : <span className="muted">off</span>}</dd>
      </dl>
      <RefusalList refusals={state.refusals} refused={state.refused} />
    </div>
  )
}

function figures({ batches, accepted, refused }: EndpointState): string {
  const of = batches === 1 ? '1 batch' : `${formatCount(batches)} batches`
  return `${formatCount(accepted, 'new row')} in ${of}; ${formatCount(refused, 'request')} refused`
}

const TICK_MS = 1500

function Token({ on, busy }: { readonly on: boolean; readonly busy: boolean }) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), TICK_MS)
    return () => clearTimeout(timer)
  }, [copied])
  return (
    <span className="bk-endpoint-token">
      <Button icon={copied ? Check : Copy} disabled={!on} onClick={() => void copyToken().then(setCopied)}>
        {copied ? 'Copied' : 'Copy token'}
      </Button>
      <Button icon={RefreshCw} disabled={!on || busy} onClick={() => void renewToken()}>
        New token
      </Button>
      <span className="muted">A new one shuts out the old.</span>
    </span>
  )
}

interface PortFieldProps {
  readonly port: number
  readonly disabled: boolean
  readonly onChoose: (port: number) => void
}

/** Taken with Enter or on leaving the field; what is no port is marked and not taken. */
function PortField({ port, disabled, onChoose }: PortFieldProps) {
  const id = useId()
  const [text, setText] = useState(String(port))
  const value = /^\d{1,5}$/.test(text.trim()) ? Number(text) : Number.NaN
  const isPort = value <= 65_535
  const choose = () => {
    if (isPort && value !== port) onChoose(value)
  }
  return (
    <div className="bk-endpoint-port">
      <label htmlFor={id}>Port</label>
      <input
        id={id}
        className="bk-input numeric"
        inputMode="numeric"
        value={text}
        disabled={disabled}
        aria-invalid={!isPort}
        aria-describedby={`${id}-hint`}
        onChange={(event) => setText(event.target.value)}
        onBlur={choose}
        onKeyDown={(event) => event.key === 'Enter' && choose()}
      />
      <span id={`${id}-hint`} className={isPort ? 'muted' : 'bk-endpoint-failure'}>
        {isPort ? '0 for any that is free' : 'A port is a whole number from 0 to 65535.'}
      </span>
    </div>
  )
}
