import path from 'node:path'
import type { Env } from './env.ts'

/**
 * Publishes bytes under a final name: staged, fsynced, renamed, folder fsynced. When this resolves the file survives
 * a power cut; when it rejects the target is as it was, and at worst a stray file lies in staging.
 * @param staging a folder on the same file system, outside every glob
 */
export async function publishBytes(
  env: Env,
  staging: string,
  target: string,
  bytes: Uint8Array,
): Promise<void> {
  await placeBytes(env, staging, target, bytes)
  await env.syncDir(path.dirname(target))
}

/** The same without the last step: the caller syncs the folder before it acknowledges anything. */
export async function placeBytes(
  env: Env,
  staging: string,
  target: string,
  bytes: Uint8Array,
): Promise<void> {
  const staged = await stageBytes(env, staging, path.basename(target), bytes)
  try {
    await env.rename(staged, target)
  } catch (error) {
    await discard(env, staged)
    throw error
  }
}

/** The first half alone. @returns the staged file, whole and synced; nothing is left behind when this rejects */
export async function stageBytes(
  env: Env,
  staging: string,
  name: string,
  bytes: Uint8Array,
): Promise<string> {
  const staged = path.join(staging, `${name}.${env.randomId()}.tmp`)
  try {
    await env.writeNew(staged, bytes)
    await env.syncFile(staged)
  } catch (error) {
    await discard(env, staged)
    throw error
  }
  return staged
}

/** Best effort on the way out of a failure: what stays is an orphan in staging, which the next open clears. */
export async function discard(env: Env, staged: string): Promise<void> {
  try {
    await env.removeFile(staged)
  } catch {
    // The failure that brought us here is the one to report; staging is swept at the next open.
  }
}
