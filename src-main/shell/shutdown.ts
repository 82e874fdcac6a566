/** How long the end waits for running work to reach its next safe point. Killing it is safe too, only less tidy. */
const PATIENCE = 10_000

export interface ShutdownStep {
  readonly name: string
  readonly run: () => void | Promise<void>
}

/**
 * One orderly end, however many ask for it: each step runs, also after one that failed or took longer than ten
 * seconds.
 * @param onTrouble told which step failed or was left behind
 */
export function orderlyEnd(
  steps: readonly ShutdownStep[],
  onTrouble: (step: string, thrown: unknown) => void,
): () => Promise<void> {
  let ending: Promise<void> | null = null
  const end = async () => {
    for (const { name, run } of steps) {
      try {
        await withPatience(run())
      } catch (thrown) {
        onTrouble(name, thrown)
      }
    }
  }
  return () => {
    ending ??= end()
    return ending
  }
}

async function withPatience(work: void | Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${PATIENCE / 1000} s`)), PATIENCE)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
