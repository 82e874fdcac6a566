import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { SettingsChange, StoreSettings } from '../../../schemas/generated/requests.ts'
import type { StoreContext } from '../context.ts'

/** Changes the store's own settings; durable when it resolves. @throws BAD_SETTINGS, BAD_REQUEST, NO_SPACE, IO */
export async function changeSettings(
  _context: StoreContext,
  _change: SettingsChange,
): Promise<StoreSettings> {
  throw new BarkeepError('INTERNAL', 'Changing settings is not there yet.')
}
