/** OBR to DiagnosticReport, its specimen and the request behind it. */
import { instantOnly } from '../../engine/values/date.ts'
import type { DiagnosticReport, ServiceRequest, Specimen } from '@medplum/fhirtypes'
import { localSystem } from '../../../server/fhir/canonical.ts'
import { keys, referTo } from '../../engine/keys.ts'
import { type Mapping, mapping } from '../../engine/mapping.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import { localCodes } from '../../engine/systems.ts'
import type { ResourceKey } from '../../engine/types.ts'
import type { Fields } from './fields.ts'
import { KINDS, kindOf, perKind, type ReportKind, reportKeyOf, sectionSystem, specimenKeyOf } from './report-kind.ts'
import { table } from '../../engine/values/table.ts'
import { visitClass } from './visit.ts'

export const OBR = [
  'OBR-2.1',
  'OBR-3.1',
  'OBR-4.1',
  'OBR-4.2',
  'OBR-6',
  'OBR-7',
  'OBR-14',
  'OBR-15.1',
  'OBR-15.2',
  'OBR-16.1',
  'OBR-16.2',
  'OBR-22',
  'OBR-24',
  'OBR-25',
] as const
export const ORC = ['ORC-2.1', 'ORC-3.1', 'ORC-9', 'ORC-12.1', 'ORC-12.2'] as const
export const SPM = ['SPM-2.1', 'SPM-4.1', 'SPM-4.2', 'SPM-17.1', 'SPM-18'] as const
const VISIT = ['PV1-2.1', 'PV1-19.1'] as const

export type ReportRow = Fields<(typeof OBR)[number] | (typeof ORC)[number] | (typeof SPM)[number] | (typeof VISIT)[number]> & {
  /** number of the report: OBR-3, else ORC-3 */
  reportNo?: string
  requestNo?: string
  results: ResourceKey[]
  /** what an examination comes to, as its own texts say */
  impressions: string[]
  /** NTE behind the OBR, or behind the last result */
  remarks: string[]
  documents: { contentType: string; data: string }[]
}

export const REPORT_STATUS = {
  F: 'final',
  C: 'corrected',
  A: 'partial',
  R: 'preliminary',
  P: 'preliminary',
  I: 'registered',
  O: 'registered',
  S: 'registered',
  X: 'cancelled',
  D: 'entered-in-error',
  W: 'entered-in-error',
} as const

/** Withdrawn as D, W or X (formats.md B). */
export const isWithdrawn = (status: string | undefined): boolean => status === 'D' || status === 'W' || status === 'X'

const SECTIONS = 'http://terminology.hl7.org/CodeSystem/v2-0074'

export const specimenKey =
  (kind: ReportKind) =>
  (row: RowView<ReportRow>, run: Run): ResourceKey | undefined => {
    if (row['SPM-2.1'] !== undefined) return keys.specimen(run.scope, row['SPM-2.1'])
    const hasSpecimen = [row['OBR-15.1'], row['OBR-15.2'], row['SPM-4.1'], row['SPM-4.2']].some((part) => part !== undefined)
    return hasSpecimen && row.reportNo !== undefined ? specimenKeyOf(kind, run.scope, row.reportNo) : undefined
  }

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
      issued: from.dateTime('OBR-22').as(instantOnly),
      specimen: [from.referenceTo(['OBR-15.1', 'SPM-2.1'], specimenKey(kind))],
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

const specimenMapping = (kind: ReportKind): Mapping<ReportRow> =>
  mapping<ReportRow, Specimen>({
    source: 'hospital/hl7v2/OBR-15',
    to: 'Specimen',
    id: specimenKey(kind),
    when: (row) => [row['OBR-15.1'], row['OBR-15.2'], row['SPM-2.1'], row['SPM-4.1'], row['SPM-4.2']].some((part) => part !== undefined),
    withdrawn: (row) => isWithdrawn(row['OBR-25']),
    rules: (from) => {
      const system = (scope: string): string => localCodes(scope, 'specimen')
      return {
        identifier: [from.identifier((scope) => localSystem(scope, 'specimen-no'), 'SPM-2.1')],
        type: from.coded('specimen', 'SPM-4.1', 'SPM-4.2', { system }).or(from.coded('specimen', 'OBR-15.1', 'OBR-15.2', { system })),
        subject: from.patient(),
        receivedTime: from.dateTime('SPM-18').or(from.dateTime('OBR-14')),
        collection: { collectedDateTime: from.dateTime('SPM-17.1').or(from.dateTime('OBR-7')) },
      }
    },
  })

export const SPECIMENS = perKind(specimenMapping)

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
