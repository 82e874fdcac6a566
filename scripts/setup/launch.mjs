import { onSomeDisplay } from './display.mjs'
import { runGroup } from './process-group.mjs'
import { projectRoot } from './project.mjs'
import { sandboxSwitches } from './sandbox.mjs'
import { say } from './setup-error.mjs'

/**
 * Environment in which `electron`, `require('electron')` and Playwright use a resolved runtime.
 *
 * @param {import('./electron-runtime.mjs').ElectronRuntime} runtime
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {NodeJS.ProcessEnv}
 */
export function runtimeEnvironment(runtime, env = process.env) {
  const { ELECTRON_RUN_AS_NODE: _, ...rest } = env
  return { ...rest, ELECTRON_OVERRIDE_DIST_PATH: runtime.folder, ELECTRON_EXEC_PATH: runtime.executable }
}

/**
 * Starts the built app and waits for its end.
 *
 * @param {import('./electron-runtime.mjs').ElectronRuntime} runtime
 * @param {string[]} appArgs `--name=value` flags for the app
 * @param {{ limitMillis?: number }} [options] limitMillis: end the app, and say so, when it runs longer
 * @returns {Promise<number>} the app's exit code; 2 when the limit ended it or it could not start
 */
export async function launchApp(runtime, appArgs, { limitMillis = 0 } = {}) {
  const electronArgs = [...sandboxSwitches(), projectRoot, ...appArgs]
  const { command, args, virtual } = onSomeDisplay(runtime.executable, electronArgs)
  if (virtual) say('no display here: the window opens in a virtual screen (xvfb-run)')
  const ended = await runGroup(command, args, {
    cwd: projectRoot,
    env: runtimeEnvironment(runtime),
    what: 'the app',
    limitMillis,
  })
  return ended.timedOut || ended.code === 127 ? 2 : ended.code
}
