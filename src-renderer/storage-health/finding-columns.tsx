import type { Finding } from '../../schemas/contract/health.ts'
import type { TableColumn } from '../ui/data-table.tsx'
import { FINDING_GUIDE } from './finding-guide.ts'

const CODE: TableColumn<Finding> = {
  id: 'code',
  name: 'Finding',
  width: '172px',
  value: (finding) => finding.code,
  show: (finding) => <span className="bk-code">{finding.code}</span>,
}

const FILE: TableColumn<Finding> = {
  id: 'path',
  name: 'File',
  width: 'minmax(220px, 1fr)',
  value: (finding) => finding.path,
  show: (finding) => <code>{finding.path}</code>,
}

const DETAIL: TableColumn<Finding> = {
  id: 'detail',
  name: 'Detail',
  width: 'minmax(200px, 1.2fr)',
  value: (finding) => finding.detail,
}

/** What was found, what it means and what to do, or what was done. */
export const FINDING_COLUMNS: readonly TableColumn<Finding>[] = [
  CODE,
  FILE,
  DETAIL,
  {
    id: 'meaning',
    name: 'What it means',
    width: 'minmax(220px, 1.2fr)',
    value: (finding) => FINDING_GUIDE[finding.code].meaning,
  },
  { id: 'advice', name: 'What to do', width: 'minmax(200px, 1fr)', value: adviceOn },
]

/** What a repair would do about each finding. */
export const PLAN_COLUMNS: readonly TableColumn<Finding>[] = [
  CODE,
  FILE,
  DETAIL,
  {
    id: 'repair',
    name: 'Repair will',
    width: 'minmax(260px, 1.4fr)',
    value: ({ repair = '' }) => repair,
  },
]

function adviceOn({ code, repair, repaired }: Finding): string {
  if (repaired) return `Repaired: ${repair ?? 'nothing to do'}.`
  return repair === undefined ? FINDING_GUIDE[code].advice : `Repair can ${repair}.`
}

export function findingKey({ code, path, detail }: Finding): string {
  return `${code} ${path} ${detail}`
}
