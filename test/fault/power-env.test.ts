import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Env } from '../../src-main/store/fs/env.ts'
import { type Left, leavingsOf, powerRecorder } from '../support/power-env.ts'
import { randomFrom } from '../support/seeded.ts'
import { temporaryFolder } from '../support/store-fixture.ts'

let root: string
beforeEach(async () => {
  root = await temporaryFolder('power')
  await mkdir(path.join(root, 'a'))
  await mkdir(path.join(root, 'b'))
})
afterEach(() => rm(root, { recursive: true }))

const BYTES = Buffer.from('four')

/** What the cut after some steps may leave of the one file, in words. */
async function leftBy(steps: (env: Env, at: (file: string) => string) => Promise<void>): Promise<string[]> {
  const power = powerRecorder(root)
  await power.arm()
  await steps(power.env, (file) => path.join(root, file))
  const cut = power.cuts().at(-1)
  if (cut === undefined) throw new Error('there is no cut')
  const { exhaustive, left } = leavingsOf(cut, 100, randomFrom(1))
  expect(exhaustive).toBe(true)
  return left.map(inWords).sort()
}

function inWords(left: Left): string {
  const files = [...left].flatMap(([file, bytes]) =>
    bytes === null ? [] : `${file}: ${bytes.toString('latin1')}`,
  )
  return files.length === 0 ? 'nothing' : files.join(', ').replaceAll('\0', '0')
}

describe('the record of what a power cut may leave', () => {
  it('W1: without any sync a file may be there whole, empty, half, as zeros, or not at all', async () => {
    expect(await leftBy((env, at) => env.writeNew(at('a/x'), BYTES))).toEqual([
      'a/x: ',
      'a/x: 0000',
      'a/x: fo',
      'a/x: four',
      'nothing',
    ])
  })

  it('W1: a file that is synced is whole, when its name is there', async () => {
    const synced = async (env: Env, at: (file: string) => string): Promise<void> => {
      await env.writeNew(at('a/x'), BYTES)
      await env.syncFile(at('a/x'))
    }
    expect(await leftBy(synced)).toEqual(['a/x: four', 'nothing'])
    expect(
      await leftBy(async (env, at) => {
        await env.removeFile(at('a/x'))
        await synced(env, at)
        await env.syncDir(at('a'))
      }),
    ).toEqual(['a/x: four'])
  })

  it('C7: of a file that is moved to another folder both names, either or none may be there', async () => {
    const moved = async (env: Env, at: (file: string) => string): Promise<void> => {
      await env.writeNew(at('a/x'), BYTES)
      await env.syncFile(at('a/x'))
      await env.syncDir(at('a'))
      await env.rename(at('a/x'), at('b/x'))
    }
    expect(await leftBy(moved)).toEqual(['a/x: four', 'a/x: four, b/x: four', 'b/x: four', 'nothing'])
  })
})
