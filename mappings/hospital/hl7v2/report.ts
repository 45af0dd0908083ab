/** OBR to DiagnosticReport, and the request behind it. */
import type { DiagnosticReport, ServiceRequest } from '@medplum/fhirtypes'
import { localSystem } from '../../../server/fhir/canonical.ts'
import { keys, referTo } from '../../engine/keys.ts'
import { type Mapping, mapping } from '../../engine/mapping.ts'
import type { Run } from '../../engine/rule.ts'
import { localCodes } from '../../engine/systems.ts'
import type { ResourceKey } from '../../engine/types.ts'
import type { Fields } from './fields.ts'
import { KINDS, kindOf, perKind, type ReportKind, reportKeyOf, sectionSystem } from './report-kind.ts'
import { isWithdrawn, REPORT_STATUS } from './report-status.ts'
import { table } from '../../engine/values/table.ts'
import { visitClass } from './visit.ts'

export const OBR = [
  'OBR-2.1',
  'OBR-3.1',
  'OBR-4.1',
  'OBR-4.2',
  'OBR-6',
  'OBR-7',
  'OBR-16.1',
  'OBR-16.2',
  'OBR-22',
  'OBR-24',
  'OBR-25',
] as const
export const ORC = ['ORC-2.1', 'ORC-3.1', 'ORC-9', 'ORC-12.1', 'ORC-12.2'] as const
const VISIT = ['PV1-2.1', 'PV1-19.1'] as const

export type ReportRow = Fields<(typeof OBR)[number] | (typeof ORC)[number] | (typeof VISIT)[number]> & {
  /** number of the report: OBR-3, else ORC-3 */
  reportNo?: string
  requestNo?: string
  specimens: ResourceKey[]
  results: ResourceKey[]
  /** what an examination comes to, as its own texts say */
  impressions: string[]
  /** NTE behind the OBR, or behind the last result */
  remarks: string[]
  documents: { contentType: string; data: string }[]
}

const SECTIONS = 'http://terminology.hl7.org/CodeSystem/v2-0074'

function reportMapping(kind: ReportKind): Mapping<ReportRow> {
  const { profile, category, word, numbers } = KINDS[kind]
  return mapping<ReportRow, DiagnosticReport>({
    source: 'hospital/hl7v2/OBR',
    to: 'DiagnosticReport',
    profile,
    id: (row, run) => (row.reportNo === undefined ? undefined : reportKeyOf(kind, run.scope, row.reportNo)),
    withdrawn: (row) => isWithdrawn(row['OBR-25']),
    rules: (from) => ({
      identifier: [from.identifier((scope) => localSystem(scope, numbers), 'reportNo')],
      basedOn: [
        from.referenceTo('requestNo', (row, run) => (row.requestNo === undefined ? undefined : keys.request(run.scope, row.requestNo))),
      ],
      status: from.choice('OBR-25', REPORT_STATUS).default('unknown'),
      category: [
        { coding: [{ system: SECTIONS, ...category }] },
        from.value('OBR-24', ({ 'OBR-24': section }, run) =>
          section && section !== category.code ? { coding: [{ system: sectionSystem(run.scope, section), code: section }] } : undefined,
        ),
      ],
      code: from.value(['OBR-4.1', 'OBR-4.2'], (row, run) => ordered(row, run, kind)).default({ text: word }),
      subject: from.patient(),
      encounter: from.encounter(
        'PV1-19.1',
        from.value('PV1-2.1', (row, run) => visitClass(row['PV1-2.1'], run)),
      ),
      effectiveDateTime: from.dateTime('OBR-7'),
      issued: from.instant('OBR-22'),
      specimen: from.value('specimens', (row) => (row.specimens.length > 0 ? row.specimens.map((key) => referTo(key)) : undefined)),
      result: from.value('results', (row) => (row.results.length > 0 ? row.results.map((key) => referTo(key)) : undefined)),
      conclusion: from.value(['impressions', 'remarks'], (row) => [...row.impressions, ...row.remarks].join('\n') || undefined),
      presentedForm: from.value('documents', (row) => (row.documents.length > 0 ? [...row.documents] : undefined)),
    }),
  })
}

export const REPORTS = perKind(reportMapping)

/** What was asked for, by the hospital's own code: laboratory panels are numbered apart from examinations. */
export function ordered(
  row: { readonly 'OBR-4.1'?: string | undefined; readonly 'OBR-4.2'?: string | undefined },
  run: Run,
  kind: ReportKind,
) {
  const code = row['OBR-4.1']
  const text = row['OBR-4.2']
  if (code === undefined) return text === undefined ? undefined : { text }
  return {
    coding: [{ system: localCodes(run.scope, KINDS[kind].ordered), code, ...(text !== undefined && { display: text }) }],
    text: text ?? code,
  }
}

type RequestStatus = 'active' | 'completed' | 'revoked'

/** HL7 table 0123: carried out is what has a report that is ready. One that is withdrawn does not undo the request. */
const REQUEST_STATUS: Readonly<Record<string, RequestStatus>> = table({
  O: 'active',
  I: 'active',
  S: 'active',
  R: 'active',
  P: 'active',
  A: 'active',
  D: 'active',
  W: 'active',
  X: 'revoked',
})

export const request = mapping<ReportRow, ServiceRequest>({
  source: 'hospital/hl7v2/ORC',
  to: 'ServiceRequest',
  id: (row, run) => (row.requestNo === undefined ? undefined : keys.request(run.scope, row.requestNo)),
  when: (row) => row.requestNo !== undefined,
  rules: (from) => ({
    identifier: [from.identifier((scope) => localSystem(scope, 'request-no'), 'requestNo')],
    status: from.value<RequestStatus>('OBR-25', (row) => REQUEST_STATUS[row['OBR-25'] ?? ''] ?? 'completed'),
    intent: 'order',
    code: from.value(['OBR-4.1', 'OBR-4.2'], (row, run) => ordered(row, run, kindOf(row['OBR-24']))),
    subject: from.patient(),
    encounter: from.encounter(
      'PV1-19.1',
      from.value('PV1-2.1', (row, run) => visitClass(row['PV1-2.1'], run)),
    ),
    authoredOn: from.dateTime('ORC-9').or(from.dateTime('OBR-6')),
    requester: from.practitioner('OBR-16.1', 'OBR-16.2').or(from.practitioner('ORC-12.1', 'ORC-12.2')),
  }),
})
