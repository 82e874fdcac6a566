import { BarkeepError, reportOf } from '../../../schemas/contract/errors.ts'
import type { SavedImage } from '../../../schemas/contract/live.ts'
import type { StorePath } from '../../../schemas/contract/units.ts'
import type { ImageRequest } from '../../../schemas/generated/requests.ts'
import { at, type StoreContext } from '../context.ts'
import { discard, stageBytes } from '../fs/atomic-file.ts'
import { FLAG_IMAGES, IMAGES, picturePath } from '../layout/image-names.ts'
import { pngSize } from './png.ts'

/** Pixels of a side: more than any screen has, and no more than a browser decodes. */
const WIDEST = 16_384

/** Of one view at one minute; beyond that somebody's script runs wild. */
const MOST_ALIKE = 1_000

/** File systems without hard links: network folders, FAT. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV']

/**
 * Keeps a PNG below `images/` or `flags/`, durable when it resolves (SPEC F40–F42). No picture is ever overwritten: one
 * of the same view gets a number. Nothing else of the store is touched, and no lock is needed.
 * @throws BAD_REQUEST for what is no whole PNG of a sensible size; NO_SPACE, IO: at worst a whole picture stands there
 */
export async function saveImage(context: StoreContext, request: ImageRequest): Promise<SavedImage> {
  const bytes = Buffer.from(request.png, 'base64')
  checkPicture(bytes, request)
  const folder = request.kind === 'flag' ? FLAG_IMAGES : IMAGES
  try {
    await context.env.makeDir(at(context, folder))
    const staged = await stageBytes(context.env, context.staging, 'picture', bytes)
    const file = await placed(context, request, staged)
    await context.env.syncDir(at(context, folder))
    return { file, bytes: bytes.length }
  } catch (error) {
    const { code, message } = reportOf(error)
    throw new BarkeepError(code, `The picture could not be kept. ${message}`, { file: folder, cause: error })
  }
}

/** @throws BAD_REQUEST */
function checkPicture(bytes: Uint8Array, { kind, objectId, symbol, from, to }: ImageRequest): void {
  const size = pngSize(bytes)
  if (size === null) throw refused('it is no whole PNG')
  const sides = [size.width, size.height]
  if (sides.some((side) => side < 1 || side > WIDEST))
    throw refused(`${sides.join(' × ')} pixels are not between 1 and ${WIDEST} a side`)
  if (kind === 'flag' && objectId === undefined) throw refused('the flag is not named')
  if (from > to || Math.max(Math.abs(from), Math.abs(to)) > LAST_INSTANT) throw refused('its range is none')
  // Half of a pair of surrogates: no file name can hold it.
  if (/\p{Surrogate}/u.test(`${objectId ?? ''}${symbol}`)) throw refused('its name is no Unicode')
}

/** Of a year with four digits. */
const LAST_INSTANT = Date.UTC(9999, 11, 31)

function refused(why: string): BarkeepError {
  return new BarkeepError('BAD_REQUEST', `The picture was not kept: ${why}.`)
}

/** Gives the staged file the first name that is free. @returns its path */
async function placed(context: StoreContext, request: ImageRequest, staged: string): Promise<StorePath> {
  const { env } = context
  try {
    for (let attempt = 1; attempt <= MOST_ALIKE; attempt++) {
      const file = picturePath(request, context.zone, attempt)
      if ((await env.stat(at(context, file))) !== null) continue
      if (await claimed(context, staged, at(context, file))) return file
    }
    throw new BarkeepError('IO', `${MOST_ALIKE} pictures of this view are there already`)
  } catch (error) {
    await discard(env, staged)
    throw error
  }
}

/** @returns false when another process took the name in the same moment */
async function claimed({ env }: StoreContext, staged: string, target: string): Promise<boolean> {
  try {
    await env.link(staged, target)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'EEXIST') return false
    if (!NO_LINKS.includes(code)) throw error
    // The name was free a moment ago: as close as such a file system comes.
    await env.rename(staged, target)
    return true
  }
  // The picture stands; its other name is swept with staging if this fails.
  await discard(env, staged)
  return true
}
