import { useEffect, useMemo, useState } from 'react'
import { Group, Panel, Separator } from 'react-resizable-panels'
import { useStore } from 'zustand'
import type { PolicyRow } from '../../schemas/generated/rows.ts'
import { tellDrawn } from '../app/drawn.ts'
import { useAnswer } from '../engine/use-answer.ts'
import { NoAnswer, NothingThere } from '../research/answer-states.tsx'
import { ProblemStrip } from '../research/problem-strip.tsx'
import { ledgerLinks } from '../state/ledger-links.ts'
import { DataTable } from '../ui/data-table.tsx'
import { comparedVersions, type PolicyVersion, policyVersions } from './policies-model.ts'
import { policiesStore, restorePolicies, setPolicies } from './policies-state.ts'
import { PolicyDifference } from './policy-difference.tsx'
import { versionColumns } from './version-columns.tsx'
import './policies.css'

const POLICIES = ['policies'] as const
const DECISIONS = ['decisions'] as const
/** As many as one page holds; a bot that has more versions compares the first of them. */
const MOST_VERSIONS = 1000

/** The policy versions in order, what changed between any two, and what was decided under each. */
export function PoliciesView() {
  useState(restorePolicies)
  const policies = useAnswer(
    'ledgerQuery',
    { table: 'policies', filter: {}, offset: 0, limit: MOST_VERSIONS },
    POLICIES,
  )
  const decisions = useAnswer('performance', { filter: {}, groupBy: ['policy_version'] }, DECISIONS)
  useTakenLink()
  const asking = policies.asking || decisions.asking
  useEffect(() => {
    if (!asking) tellDrawn()
  }, [asking])
  const versions = useMemo(
    () =>
      policyVersions(
        (policies.answer?.entries ?? []).map(({ row }) => row as unknown as PolicyRow),
        decisions.answer?.groups ?? [],
      ),
    [policies.answer, decisions.answer],
  )
  const problems = [...(policies.answer?.problems ?? []), ...(decisions.answer?.problems ?? [])]
  return (
    <>
      <header className="bk-topbar">
        <span className="bk-topbar-title">Policies</span>
        <span className="bk-topbar-space" />
        <span className="muted">Times are America/Chicago.</span>
      </header>
      {policies.answer === null || (decisions.answer === null && decisions.error === null) ? (
        <NoAnswer asked={policies.answer === null ? policies : decisions} what="policies" />
      ) : (
        <>
          <ProblemStrip
            problems={problems}
            error={policies.error ?? decisions.error}
            onRetry={() => {
              policies.askAgain()
              decisions.askAgain()
            }}
          />
          {versions.length === 0 ? (
            <NothingThere table="policies" filtered={false} onClear={() => undefined} />
          ) : (
            <Versions versions={versions} />
          )}
        </>
      )}
    </>
  )
}

/** Another view asked for a version: it is opened beside the one before it. */
function useTakenLink(): void {
  const link = useStore(ledgerLinks, (state) => state.policy)
  useEffect(() => {
    if (link === null) return
    ledgerLinks.setState({ policy: null })
    setPolicies({ version: link.version, against: null })
  }, [link])
}

function Versions({ versions }: { readonly versions: readonly PolicyVersion[] }) {
  const chosen = useStore(policiesStore)
  const shown = comparedVersions(versions, chosen)
  const columns = useMemo(
    () => versionColumns(versions, shown?.version.version ?? null),
    [versions, shown?.version.version],
  )
  return (
    <Group className="bk-panels">
      <Panel id="versions" minSize={360} defaultSize="57%" className="bk-panel">
        <DataTable
          label="Policy versions"
          columns={columns}
          rows={versions}
          rowKey={({ version }) => version}
          onPick={({ version }) => setPolicies({ version, against: null })}
        />
      </Panel>
      <Separator className="bk-separator" aria-label="Width of the versions" />
      <Panel id="difference" minSize={320} className="bk-panel">
        {shown !== null && (
          <PolicyDifference versions={versions} version={shown.version} against={shown.against} />
        )}
      </Panel>
    </Group>
  )
}
