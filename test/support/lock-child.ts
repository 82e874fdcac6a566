import { BarkeepError } from '../../schemas/contract/errors.ts'
import { acquireWriterLock } from '../../src-main/store/fs/writer-lock.ts'
import { closeContext, openContext } from '../../src-main/store/open-context.ts'

/**
 * A process that wants the writer lock: `node lock-child ROOT hold` takes it and waits to be killed; `… try` says
 * whether it got it, holds it until its input ends, and gives it back.
 */
const [root = '', mode = 'try'] = process.argv.slice(2)
const context = await openContext(root)
try {
  const lock = await acquireWriterLock(context, mode)
  process.stdout.write('taken\n')
  for await (const _ of process.stdin);
  await lock.release()
} catch (error) {
  if (!(error instanceof BarkeepError)) throw error
  process.stdout.write(`${error.code} ${error.message}\n`)
  for await (const _ of process.stdin);
} finally {
  await closeContext(context)
}
