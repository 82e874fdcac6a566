/**
 * A path as one word for the shell of the platform, so that a command can be pasted as shown. Left bare when
 * nothing in it could be taken apart.
 */
export function shellQuote(path: string, platform: string): string {
  if (/^[\w@%+=:,./-]+$/.test(path)) return path
  return platform === 'win32' ? `"${path}"` : `'${path.replaceAll("'", "'\\''")}'`
}
