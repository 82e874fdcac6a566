import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { storeFile } from '../../src-main/shell/store-file.ts'
import { temporaryFolder } from '../support/store-fixture.ts'

let folder: string
beforeEach(async () => {
  folder = await temporaryFolder('reveal')
  await mkdir(path.join(folder, 'store', 'images'), { recursive: true })
  await writeFile(path.join(folder, 'store', 'images', 'a.png'), 'a')
  await writeFile(path.join(folder, 'secret'), 's')
})
afterEach(() => rm(folder, { recursive: true }))

describe('a file of the store that the window names', () => {
  it('F44: is shown where it lies below the store, and nothing else is', async () => {
    const root = path.join(folder, 'store')
    expect(await storeFile(root, 'images/a.png')).toBe(path.join(root, 'images', 'a.png'))
    await symlink(path.join(folder, 'secret'), path.join(root, 'images', 'link.png'))
    const outside = [
      '../secret',
      'images/../../secret',
      path.join(folder, 'secret'),
      '.',
      '',
      'images/link.png',
      'a\0',
    ]
    for (const file of outside) {
      await expect(storeFile(root, file), file).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    }
    await expect(storeFile(root, 'images/b.png')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    // The store itself may be reached through a link.
    await symlink(root, path.join(folder, 'alias'))
    expect(await storeFile(path.join(folder, 'alias'), 'images/a.png')).toBe(
      path.join(root, 'images', 'a.png'),
    )
  })
})
