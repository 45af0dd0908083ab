/** C0006 and C0007: the report, its results, its specimen. Numbers and keys are those under which HL7 v2 and platforms tell of it. */
import type { DiagnosticReport, Observation, Specimen } from '@medplum/fhirtypes'
import { localSystem, structureDefinition } from '../../../server/fhir/canonical.ts'
import { keys, referTo } from '../../engine/keys.ts'
import { type CriticalValue, criticalOf } from '../../engine/lab-result.ts'
import { labItem } from '../../engine/lab-item.ts'
import { mapping } from '../../engine/mapping.ts'
import { localConcept } from '../../engine/mention.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import { localCodes } from '../../engine/systems.ts'
import type { ResourceKey } from '../../engine/types.ts'
import { type Interpretation, readInterpretation, RESULT_CODE } from '../../engine/values/interpretation.ts'
import { KINDS, perKind, type ReportKind, reportKeyOf, resultKeyOf, specimenKeyOf } from '../hl7v2/report-kind.ts'
import type { Statement } from './statement.ts'
import type { FactRow } from './facts.ts'
import type { CdaPerson } from './header.ts'
import { personReference } from './person.ts'
import { valueConcept } from './value.ts'

export interface ReportRow extends FactRow {
  /** of the report, else of the document */
  reportNo: string
  isDocumentNo?: 'yes'
  requestNo?: string
  specimenNo?: string
  title?: string
  item?: string
  itemCode?: string
  taken?: string
  received?: string
  examined?: string
  issued?: string
  conclusion: string[]
  department?: string
  institution?: string
  kindWord?: string
  specimen?: string
  specimenCode?: string
  specimenState?: string
  fixative?: string
  results: ResourceKey[]
  author?: CdaPerson
  reviewer?: CdaPerson
  size: number
}

export interface ResultRow extends FactRow {
  reportNo: string
  item: string
  /** made unique within the report where an item comes twice */
  itemKey: string
  itemCode?: string
  value?: string
  unit?: string
  type?: string
  method?: string
  /** coded result beside a number */
  judged?: Statement
  examined?: string
  issued?: string
}

const SECTIONS = 'http://terminology.hl7.org/CodeSystem/v2-0074'
const CATEGORY = 'http://terminology.hl7.org/CodeSystem/observation-category'
const NUMBERS = new Set(['PQ', 'REAL', 'INT'])

const hasSpecimen = (row: RowView<ReportRow>): boolean =>
  [row.specimenNo, row.specimen, row.specimenCode].some((part) => part !== undefined)

const specimenKey =
  (kind: ReportKind) =>
  (row: RowView<ReportRow>, run: Run): ResourceKey | undefined => {
    if (row.specimenNo !== undefined) return keys.specimen(run.scope, row.specimenNo)
    return hasSpecimen(row) && row.reportNo !== undefined ? specimenKeyOf(kind, run.scope, row.reportNo) : undefined
  }

const people =
  (...list: readonly (CdaPerson | undefined)[]) =>
  (_row: unknown, run: Run) => {
    const found = list.flatMap((one) => (one ? (personReference(one, run.scope) ?? []) : []))
    return found.length > 0 ? found : undefined
  }

export const REPORTS = perKind((kind) => {
  const { profile, category, word, numbers, ordered } = KINDS[kind]
  return mapping<ReportRow, DiagnosticReport>({
    source: 'hospital/cda/report',
    to: 'DiagnosticReport',
    profile,
    id: (row, run) => (row.reportNo === undefined ? undefined : reportKeyOf(kind, run.scope, row.reportNo)),
    rules: (from) => ({
      identifier: [
        from.value(['reportNo', 'isDocumentNo'], (row, run) => ({
          system: localSystem(run.scope, row.isDocumentNo === undefined ? numbers : 'document-no'),
          value: row.reportNo ?? '',
        })),
      ],
      basedOn: [from.request('requestNo')],
      status: 'final',
      category: [{ coding: [{ system: SECTIONS, ...category }] }, { text: from.text('kindWord') }],
      code: from.value(['itemCode', 'item', 'title'], (row, run) => {
        if (row.itemCode !== undefined) return localConcept(run.scope, ordered, row.itemCode, row.item)
        return { text: row.item ?? row.title ?? word }
      }),
      subject: from.patient(),
      encounter: from.encounter('visitNo'),
      effectiveDateTime: from.dateTime('taken').or(from.dateTime('examined')),
      issued: from.instant('issued'),
      performer: from.value(['author', 'department', 'institution'], (row, run) => {
        const made = people(row.author as CdaPerson | undefined)(row, run) ?? []
        const all = [...made, ...[row.department, row.institution].flatMap((display) => (display === undefined ? [] : [{ display }]))]
        return all.length > 0 ? all : undefined
      }),
      resultsInterpreter: from.value('reviewer', (row, run) => people(row.reviewer as CdaPerson | undefined)(row, run)),
      specimen: [from.referenceTo('specimen', specimenKey(kind))],
      result: from.value('results', (row) => (row.results.length > 0 ? row.results.map((key) => referTo(key)) : undefined)),
      conclusion: from.value('conclusion', (row) => row.conclusion.join('\n') || undefined),
      presentedForm: from.value(['documentNo', 'size'], (row, run) => [
        {
          contentType: 'text/xml',
          url: { $url: keys.binary(run.scope, row.documentNo ?? '') } as unknown as string,
          size: Number(row.size),
        },
      ]),
    }),
  })
})

/** The words of a coded result go before its code, of which senders make tables of their own. */
const meaningOf = (judged: Statement | undefined): Interpretation | undefined =>
  readInterpretation(judged?.text ?? judged?.code ?? '', RESULT_CODE)

export const RESULTS = perKind((kind) => {
  const { results, items } = KINDS[kind]
  return mapping<ResultRow, Observation>({
    source: 'hospital/cda/result',
    to: 'Observation',
    ...(kind === 'laboratory' && { profile: 'cn-observation-lab-minimal' }),
    id: (row, run) => resultKeyOf(kind, run.scope, row.reportNo ?? '', row.itemKey ?? ''),
    rules: (from) => {
      const result = from.labResult('value', 'unit', { isNumber: (run) => NUMBERS.has(run.text('type') ?? '') })
      return {
        ...(kind !== 'laboratory' && { method: { text: from.text('method') } }),
        status: 'final',
        category: [{ coding: [{ system: CATEGORY, ...results }] }],
        code: from
          .value(['itemCode', 'item'], (row, run) => {
            const code = row.itemCode ?? row.item
            if (kind === 'laboratory' || code === undefined) return labItem(run, code, row.item, row.unit)
            return row.itemCode === undefined ? { text: code } : localConcept(run.scope, items, row.itemCode, row.item)
          })
          .required(),
        subject: from.patient(),
        encounter: from.encounter('visitNo'),
        effectiveDateTime: from.dateTime('examined'),
        issued: from.instant('issued'),
        ...result,
        extension: [
          ...(kind === 'laboratory' ? [{ url: structureDefinition('cn-lab-method'), valueString: from.text('method') }] : []),
          from
            .value('judged', ({ judged }) => criticalOf([meaningOf(judged as Statement | undefined) ?? {}]))
            .or(result.extension.as(([critical]) => critical as CriticalValue)),
        ],
        interpretation: from
          .value('judged', ({ judged }) => {
            const found = judged && valueConcept({ code: judged.code, system: judged.system, value: judged.text })
            const meant = meaningOf(judged as Statement | undefined)
            return found && [{ ...found, ...(meant && { coding: [...meant.coding, ...(found.coding ?? [])], text: meant.text }) }]
          })
          .or(result.interpretation) as never,
      }
    },
  })
})

export const SPECIMENS = perKind((kind) =>
  mapping<ReportRow, Specimen>({
    source: 'hospital/cda/specimen',
    to: 'Specimen',
    id: specimenKey(kind),
    when: hasSpecimen,
    rules: (from) => ({
      identifier: [from.identifier((scope) => localSystem(scope, 'specimen-no'), 'specimenNo')],
      type: from.value(['specimenCode', 'specimen'], (row, run) => {
        if (row.specimen === undefined && row.specimenCode === undefined) return undefined
        const target = run.context.translate('specimen', row.specimenCode ?? row.specimen ?? '')
        const own = row.specimenCode === undefined ? [] : [{ system: localCodes(run.scope, 'specimen'), code: row.specimenCode }]
        const coding = [...(target ? [target] : []), ...own]
        return { ...(coding.length > 0 && { coding }), text: row.specimen ?? row.specimenCode ?? '' }
      }),
      subject: from.patient(),
      receivedTime: from.dateTime('received'),
      collection: { collectedDateTime: from.dateTime('taken') },
      condition: [{ text: from.text('specimenState') }],
      note: [{ text: from.text('fixative').as((name) => `固定液：${name}`) }],
    }),
  }),
)
