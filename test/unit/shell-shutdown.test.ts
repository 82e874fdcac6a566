import { describe, expect, it } from 'vitest'
import { orderlyEnd } from '../../src-main/shell/shutdown.ts'

describe('the end of the app', () => {
  it('P9: runs every step in order, once, also after one that fails, and tells which did', async () => {
    const done: string[] = []
    const troubles: string[] = []
    const end = orderlyEnd(
      [
        { name: 'jobs', run: async () => void done.push('jobs') },
        {
          name: 'store',
          run: () => {
            throw new Error('stuck')
          },
        },
        { name: 'settings', run: () => void done.push('settings') },
      ],
      (step, thrown) => troubles.push(`${step}: ${String(thrown)}`),
    )
    await Promise.all([end(), end()])
    await end()
    expect(done).toEqual(['jobs', 'settings'])
    expect(troubles).toEqual(['store: Error: stuck'])
  })
})
