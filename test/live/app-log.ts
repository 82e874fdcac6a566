import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Warnings and errors in the log of an app that was started with these settings, as its lines. */
export async function warningsLogged(userData: string): Promise<readonly string[]> {
  const folder = join(userData, 'logs')
  const lines: string[] = []
  for (const file of await readdir(folder))
    lines.push(...(await readFile(join(folder, file), 'utf8')).split('\n'))
  return lines.filter((line) => line !== '' && (JSON.parse(line) as { readonly level: number }).level >= 40)
}
