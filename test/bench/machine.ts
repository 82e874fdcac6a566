import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import os from 'node:os'
import { DuckDBInstance } from '@duckdb/node-api'

/** What the numbers depend on, as lines for a person. */
export async function machineLines(folder: string): Promise<readonly string[]> {
  const [cpu] = os.cpus()
  return [
    `CPU: ${cpu?.model.trim() ?? 'unknown'}, ${os.cpus().length} cores`,
    `RAM: ${(os.totalmem() / 2 ** 30).toFixed(0)} GiB`,
    `Disk: ${disk(folder)}`,
    `OS: ${osName()}, kernel ${os.release()}, ${os.arch()}`,
    `Node ${process.versions.node}, DuckDB ${await duckdbVersion()} (2 threads on either side)`,
  ]
}

export function loadAverage(): string {
  return os
    .loadavg()
    .map((load) => load.toFixed(2))
    .join(', ')
}

async function duckdbVersion(): Promise<string> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const rows = await (await connection.run('SELECT version() AS v')).getRowObjects()
  connection.closeSync()
  instance.closeSync()
  return String(rows[0]?.v)
}

function osName(): string {
  if (!existsSync('/etc/os-release')) return os.type()
  return /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? os.type()
}

/** As far as the system tells: a virtual disk may be anything. */
function disk(folder: string): string {
  if (process.platform !== 'linux') return 'unknown'
  try {
    const line = execFileSync('df', ['-PT', folder], { encoding: 'utf8' }).trim().split('\n').at(-1) ?? ''
    const [device = '', type = ''] = line.split(/\s+/)
    const name = readdirSync('/sys/block').find((block) => device.startsWith(`/dev/${block}`))
    const spins =
      name === undefined ? null : readFileSync(`/sys/block/${name}/queue/rotational`, 'utf8').trim()
    const kind =
      spins === null ? 'kind unknown' : spins === '1' ? 'says that it spins' : 'says that it does not spin'
    return `${device} (${type}; ${kind}${device.startsWith('/dev/vd') ? '; virtual' : ''})`
  } catch {
    // A container without df or /sys: the numbers stand without it.
    return 'unknown'
  }
}
