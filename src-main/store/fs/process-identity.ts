import os from 'node:os'
import type { Env } from './env.ts'

/** One run of one process. A pid alone is reused; with the boot and start time it is not. */
export interface ProcessIdentity {
  readonly pid: number
  readonly host: string
  /** Boot id and start time in clock ticks; null where the system doesn't tell (macOS, Windows). */
  readonly started: string | null
}

export async function ownIdentity(env: Env): Promise<ProcessIdentity> {
  return { pid: process.pid, host: os.hostname(), started: await startOf(env, process.pid) }
}

/**
 * False only when the process is certainly gone: another host's can't be looked up, so it counts as alive.
 */
export async function isAlive(env: Env, { pid, host, started }: ProcessIdentity): Promise<boolean> {
  if (host !== os.hostname()) return true
  if (!isRunning(pid)) return false
  if (started === null) return true
  const now = await startOf(env, pid)
  return now === null || now === started
}

/** Whether a process of this machine has this pid now. */
export function isRunning(pid: number): boolean {
  try {
    // Signal 0 asks without disturbing.
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: there is one, of another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

async function startOf(env: Env, pid: number): Promise<string | null> {
  if (process.platform !== 'linux') return null
  try {
    const text = new TextDecoder()
    const stat = text.decode(await env.readFile(`/proc/${pid}/stat`))
    const boot = text.decode(await env.readFile('/proc/sys/kernel/random/boot_id')).trim()
    // The command's name may hold spaces and brackets; field 22 is counted from behind its last bracket.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    return ticks === undefined ? null : `${boot}/${ticks}`
  } catch {
    // No /proc, or the process ended meanwhile: its pid decides.
    return null
  }
}
