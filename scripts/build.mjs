// npm run build: builds the app whether or not it is due, and notes what it was built from, so that
// `npm start` and `npm test` know.
import { ensureBuild } from './setup/build.mjs'
import { reportSetupError } from './setup/setup-error.mjs'

try {
  await ensureBuild({ always: true })
} catch (error) {
  reportSetupError(error)
}
