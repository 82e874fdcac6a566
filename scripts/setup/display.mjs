/** Large enough for the biggest window that the design is checked at. */
const virtualScreen = '-screen 0 2560x1440x24 -nolisten tcp'

/**
 * True where a window has somewhere to open: always on macOS and Windows, on Linux with an
 * X or Wayland display.
 *
 * @param {NodeJS.ProcessEnv} [env]
 */
export function hasDisplay(env = process.env) {
  return process.platform !== 'linux' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY)
}

/**
 * Wraps a command so that its windows open in a virtual screen where there is no display.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {{ command: string, args: string[], virtual: boolean }}
 */
export function onSomeDisplay(command, args, env = process.env) {
  if (hasDisplay(env)) return { command, args, virtual: false }
  return { command: 'xvfb-run', args: ['-a', '-s', virtualScreen, command, ...args], virtual: true }
}
