import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Duck } from '../../src-main/store/read/duckdb.ts'

let root: string
let duck: Duck
beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'barkeep-duck-'))
  duck = await Duck.open(root, path.join(root, 'temp'), { threads: 2, memory: '256MB' })
})
afterAll(async () => {
  duck.close()
  await rm(root, { recursive: true })
})

const slow = 'SELECT count(*) AS n FROM range(100000000000) a WHERE a.range % 7 = 3'

describe('Duck', () => {
  it('answers side by side: a short query does not wait for a long one', async () => {
    const controller = new AbortController()
    const long = duck.rows(slow, [], controller.signal)
    expect(await duck.rows('SELECT 42 AS answer')).toEqual([{ answer: 42 }])
    controller.abort()
    await expect(long).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('an interrupted connection is whole again for the next query', async () => {
    for (let round = 0; round < 8; round++) {
      const controller = new AbortController()
      const long = duck.rows(slow, [], controller.signal)
      controller.abort()
      await expect(long).rejects.toMatchObject({ code: 'CANCELLED' })
    }
    expect(await duck.rows('SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  it('refuses work that was cancelled before it began, and work after it was closed', async () => {
    await expect(duck.rows('SELECT 1', [], AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' })
    const other = await Duck.open(root, path.join(root, 'temp'), { threads: 1, memory: '64MB' })
    other.close()
    await expect(other.rows('SELECT 1')).rejects.toMatchObject({ code: 'INTERNAL' })
  })
})
