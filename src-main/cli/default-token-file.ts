import os from 'node:os'
import path from 'node:path'

/** Where `barkeep serve` keeps its token: the user's own place for what programs keep. It stays through restarts, so that bots needn't be told again. */
export function defaultTokenFile(): string {
  const home = os.homedir()
  const place: Partial<Record<NodeJS.Platform, string>> = {
    win32: process.env.APPDATA ?? path.join(home, 'AppData', 'Roaming'),
    darwin: path.join(home, 'Library', 'Application Support'),
  }
  const base = place[process.platform] ?? (process.env.XDG_CONFIG_HOME || path.join(home, '.config'))
  return path.join(base, 'barkeep', 'serve-token')
}
