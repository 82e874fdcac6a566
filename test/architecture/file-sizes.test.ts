import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { PROJECT_ROOT, sourceFilesIn } from './source-files.ts'

const text = (file: string) => readFileSync(path.join(PROJECT_ROOT, file), 'utf8')

describe('the house', () => {
  it('has files one can read in one go, with names that say what is in them', () => {
    const files = sourceFilesIn('schemas', 'src-main', 'src-renderer', 'scripts', 'test').filter(
      (file) => !file.startsWith('schemas/generated/'),
    )
    // A test is a list of cases and may be longer than what it tests.
    const limit = (file: string) => (file.startsWith('test/') ? 500 : 350)
    const long = files
      .map((file) => ({ file, lines: text(file).split('\n').length - 1 }))
      .filter(({ file, lines }) => lines > limit(file))
      .map(({ file }) => file)
    expect(long).toEqual([])
    const vague = /(^|[-./])(utils?|helpers?|managers?|misc|common)[-./]/
    expect(files.filter((file) => vague.test(file))).toEqual([])
  })
})
