import { BarkeepError } from '../../../schemas/contract/errors.ts'
import type { SavedImage } from '../../../schemas/contract/live.ts'
import type { ImageRequest } from '../../../schemas/generated/requests.ts'
import type { StoreContext } from '../context.ts'

/** Keeps a PNG below `images/` or `flags/`. @throws BAD_REQUEST, NO_SPACE, IO */
export async function saveImage(_context: StoreContext, _request: ImageRequest): Promise<SavedImage> {
  throw new BarkeepError('INTERNAL', 'Keeping pictures is not there yet.')
}
