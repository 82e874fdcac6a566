import { type Command, InvalidArgumentError } from 'commander'
import { ENDPOINT_PORT } from '../../../schemas/contract/endpoint.ts'
import type { Refused } from '../../ingest/endpoint/server.ts'
import { defaultTokenFile } from '../default-token-file.ts'
import { type CommonFlags, wholeNumber, withCommonFlags } from '../flags.ts'
import type { Register } from '../program.ts'
import type { ExitCode, Terminal } from '../terminal.ts'
import { counted, grouped } from '../text-table.ts'
import { given, withStore } from '../with-store.ts'

interface ServeFlags extends CommonFlags {
  readonly port: number
  readonly tokenFile?: string
  readonly newToken: boolean
}

export function addServe(program: Command, register: Register): void {
  withCommonFlags(program.command('serve'))
    .description("Run the ingest endpoint: take bots' batches over HTTP on this machine until interrupted.")
    .option('--port <n>', 'port of 127.0.0.1 to listen on; 0 for any that is free', port, ENDPOINT_PORT)
    .option('--token-file <file>', 'where the token is, or is made (default: in your configuration folder)')
    .option('--new-token', 'write a new token first; the one before is stale from then on', false)
    .action((flags: ServeFlags) => register(flags, (common, terminal) => serve(common, terminal, program)))
}

async function serve(
  { store: folder, json, port, tokenFile, newToken }: ServeFlags,
  terminal: Terminal,
  program: Command,
): Promise<ExitCode> {
  const { startEndpoint } = await import('../../ingest/endpoint/server.ts')
  const { TokenFile } = await import('../../ingest/endpoint/token-file.ts')
  const { takeBatch } = await import('../../ingest/endpoint/batch.ts')
  const token = new TokenFile(tokenFile === undefined ? defaultTokenFile() : given(tokenFile))
  if (newToken) token.renew()
  let [batches, accepted, refused] = [0, 0, 0]
  await withStore({ store: folder }, { create: true }, async (store) => {
    const endpoint = await startEndpoint(
      {
        version: program.version() ?? '',
        token,
        store: () => store.root,
        take: async (batch) => {
          const answer = await takeBatch(store, batch)
          batches += 1
          accepted += answer.accepted
          return answer
        },
        onRefused: (what) => {
          refused += 1
          terminal.say(refusedText(what))
        },
      },
      port,
    )
    try {
      const { address } = endpoint
      const url = `http://${address}:${endpoint.port}`
      if (json)
        await terminal.json({ url, address, port: endpoint.port, tokenFile: token.file, store: store.root })
      else {
        await terminal.write(`Listening on ${url} for ${store.root}\nToken: ${token.file}\n`)
        terminal.say('Ctrl+C ends it.')
      }
      await aborted(terminal.signal)
    } finally {
      await endpoint.close()
    }
  })
  const of = batches === 1 ? '1 batch' : `${grouped(batches)} batches`
  terminal.say(`${counted(accepted, 'new row')} in ${of}; ${counted(refused, 'request')} refused.`)
  return 0
}

/** What a stranger wrote goes to a terminal: its control characters don't. */
function refusedText({ status, method, path: asked, message }: Refused): string {
  return `${status} ${method} ${asked}: ${message}`.replaceAll(/\p{C}/gu, '?')
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function port(text: string): number {
  const value = wholeNumber(text)
  if (value > 65_535) throw new InvalidArgumentError('Give a port from 0 to 65535.')
  return value
}
