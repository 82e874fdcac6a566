import { writeSync } from 'node:fs'
import type { Env } from '../../src-main/store/fs/env.ts'
import { type Fault, type FileStep, faultEnv } from './fault-env.ts'

/** What the child is told to do: one JSON text as its only argument. */
export interface KillOrder {
  readonly scenario: string
  readonly root: string
  /** Null: run to the end and report the steps. */
  readonly fault: Fault | null
}

export interface KillReport {
  readonly acknowledged: readonly unknown[]
  /** Present when the child came to its end. */
  readonly steps: readonly { readonly step: FileStep; readonly paths: readonly string[] }[] | null
}

/** Work on a store with files that may kill: `arm` where the steps to be tried begin. */
export type KillScenario = (given: {
  readonly root: string
  readonly env: Env
  readonly arm: () => void
  /** Tells the parent at once that something is durable: what is told here must be there after the kill. */
  readonly acknowledge: (what: unknown) => void
}) => Promise<void>

/** The whole of a child's entry file: runs the scenario that it is ordered to. */
export async function runAsKillChild(scenarios: Readonly<Record<string, KillScenario>>): Promise<void> {
  const order = JSON.parse(process.argv[2] ?? '') as KillOrder
  const scenario = scenarios[order.scenario]
  if (scenario === undefined) throw new Error(`no scenario ${order.scenario}`)
  const faulty = faultEnv(order.fault)
  await scenario({
    root: order.root,
    env: faulty.env,
    arm: faulty.arm,
    // Synchronously: a kill right after it must not take the line along.
    acknowledge: (what) => {
      writeSync(1, `${JSON.stringify({ acknowledged: what })}\n`)
    },
  })
  const steps = faulty.taken.map(({ step, paths }) => ({ step, paths }))
  writeSync(1, `${JSON.stringify({ steps })}\n`)
}
