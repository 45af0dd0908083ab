/** Cultures (4503) and what the germs are resistant to (4504): Observations of one laboratory report, by the hospital's report number. */
import type { DiagnosticReport, Observation } from '@medplum/fhirtypes'
import { localSystem } from '../../server/fhir/canonical.ts'
import { keys, referTo } from '../engine/keys.ts'
import { mapping } from '../engine/mapping.ts'
import type { RowView, Run } from '../engine/rule.ts'
import { localCodes } from '../engine/systems.ts'
import { BEFORE_ALL } from '../engine/mention.ts'
import type { MappedResource, ResourceKey } from '../engine/types.ts'
import { visit } from './keys.ts'
import type { Site } from './transaction.ts'

export interface GermRow extends Site {
  mdtrt_sn?: string
  mdtrt_id?: string
  appy_no?: string
  rpotc_no?: string
  germ_code?: string
  germ_name?: string
  exam_rslt?: string
  exam_org_name?: string
  vali_flag?: string
  /** 4503 */
  coly_cntg?: string
  clte_medm?: string
  clte_time?: string
  clte_cond?: string
  fnd_way?: string
  /** 4504 */
  sstb_code?: string
  sstb_name?: string
  reta_rslt_code?: string
  reta_rslt_name?: string
  ref_val?: string
  exam_mtd?: string
}

type Numbers = { readonly [K in 'rpotc_no' | 'germ_code' | 'germ_name' | 'sstb_code' | 'sstb_name']?: string | undefined }

/** A culture without growth is a result as well: it is known by its report. */
const germOf = (row: Numbers): string => row.germ_code ?? row.germ_name ?? '~'

export const cultureKey = (scope: string, row: Numbers): ResourceKey | undefined =>
  row.rpotc_no === undefined ? undefined : keys.result(scope, row.rpotc_no, `germ|${germOf(row)}`)

export function susceptibilityKey(scope: string, row: Numbers): ResourceKey | undefined {
  const drug = row.sstb_code ?? row.sstb_name
  return row.rpotc_no === undefined || drug === undefined ? undefined : keys.result(scope, row.rpotc_no, `germ|${germOf(row)}|${drug}`)
}

const LABORATORY = [
  { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory', display: 'Laboratory' }] },
]
const CULTURE = {
  coding: [{ system: 'http://loinc.org', code: '6463-4', display: 'Bacteria identified in Specimen by Culture' }],
  text: '细菌培养',
}
const named = (display: string | undefined): { display: string } | undefined => (display === undefined ? undefined : { display })

function germ(row: RowView<GermRow>, run: Run) {
  if (row.germ_code === undefined && row.germ_name === undefined) return undefined
  const coding = row.germ_code && {
    system: localCodes(run.scope, 'germ'),
    code: row.germ_code,
    ...(row.germ_name && { display: row.germ_name }),
  }
  return { ...(coding && { coding: [coding] }), text: row.germ_name ?? row.germ_code ?? '' }
}

export const culture = mapping<GermRow, Observation>({
  source: 'miis/4503/data',
  to: 'Observation',
  profile: 'cn-observation-lab-minimal',
  id: (row, run) => cultureKey(run.scope, row),
  organization: 'fixmedins_code',
  withdrawn: (row) => row.vali_flag === '0',
  rules: (from) => ({
    status: 'final',
    category: LABORATORY,
    code: CULTURE,
    subject: from.patient(),
    encounter: from.encounter('mdtrt_sn').or(visit<GermRow>('mdtrt_id')),
    performer: [from.value('exam_org_name', (row) => named(row.exam_org_name))],
    valueCodeableConcept: from.value(['germ_code', 'germ_name'], germ),
    // Without a germ the words of the result are the result: no growth.
    valueString: from.text('exam_rslt').when((run) => run.text('germ_code') === undefined && run.text('germ_name') === undefined),
    note: [
      { text: from.text('exam_rslt').when((run) => run.text('germ_code') !== undefined || run.text('germ_name') !== undefined) },
      { text: from.text('clte_medm').as((text) => `培养基：${text}`) },
      { text: from.text('clte_time').as((text) => `培养时间：${text}`) },
      { text: from.text('clte_cond').as((text) => `培养条件：${text}`) },
      { text: from.text('fnd_way').as((text) => `发现方式：${text}`) },
    ],
    component: [{ code: { text: '菌落计数' }, valueString: from.text('coly_cntg') }],
  }),
})

/** By the words first: the codes of places differ. */
const RESISTANCE: readonly [RegExp, string, string][] = [
  [/耐药|^R$/i, 'R', 'Resistant'],
  [/中介|中敏|中度|^I$/i, 'I', 'Intermediate'],
  [/敏感|^S$/i, 'S', 'Susceptible'],
]

function resistance(row: RowView<GermRow>, run: Run) {
  const said = [row.reta_rslt_name, row.reta_rslt_code].filter((word) => word !== undefined)
  if (said.length === 0) return undefined
  const [, code, display] = RESISTANCE.find(([pattern]) => said.some((word) => pattern.test(word))) ?? []
  if (code === undefined) {
    run.flaw(row.reta_rslt_name === undefined ? 'reta_rslt_code' : 'reta_rslt_name', 'mapping-value-unknown')
    return [{ text: said.join(' ') }]
  }
  return [
    {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', code, ...(display && { display }) }],
      text: said[0] ?? code,
    },
  ]
}

export const susceptibility = mapping<GermRow, Observation>({
  source: 'miis/4504/data',
  to: 'Observation',
  profile: 'cn-observation-lab-minimal',
  id: (row, run) => susceptibilityKey(run.scope, row),
  organization: 'fixmedins_code',
  withdrawn: (row) => row.vali_flag === '0',
  rules: (from) => {
    const result = from.labResult('exam_rslt', undefined, { range: 'ref_val' })
    return {
      status: 'final',
      category: LABORATORY,
      code: from.localConcept('antibiotic', 'sstb_code', 'sstb_name').required(),
      subject: from.patient(),
      encounter: from.encounter('mdtrt_sn').or(visit<GermRow>('mdtrt_id')),
      performer: [from.value('exam_org_name', (row) => named(row.exam_org_name))],
      method: { text: from.text('exam_mtd') },
      derivedFrom: [from.referenceTo(['germ_code', 'germ_name'], (row, run) => cultureKey(run.scope, row))],
      valueQuantity: result.valueQuantity,
      valueRatio: result.valueRatio,
      valueRange: result.valueRange,
      valueCodeableConcept: result.valueCodeableConcept,
      valueString: result.valueString,
      dataAbsentReason: result.dataAbsentReason,
      interpretation: from.value(['reta_rslt_code', 'reta_rslt_name'], resistance),
      referenceRange: result.referenceRange,
    }
  },
})

export interface GermReportRow extends GermRow {
  results: readonly ResourceKey[]
}

export const germReport = mapping<GermReportRow, DiagnosticReport>({
  source: 'miis/4503',
  to: 'DiagnosticReport',
  profile: 'cn-diagnosticreport-lab-minimal',
  id: (row, run) => (row.rpotc_no === undefined ? undefined : keys.report(run.scope, row.rpotc_no)),
  organization: 'fixmedins_code',
  rules: (from) => ({
    identifier: [from.identifier((scope) => localSystem(scope, 'lab-report-no'), 'rpotc_no')],
    basedOn: [from.request('appy_no')],
    status: 'final',
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: 'LAB', display: 'Laboratory' }] }],
    code: { text: '细菌培养及药敏' },
    subject: from.patient(),
    encounter: from.encounter('mdtrt_sn').or(visit<GermReportRow>('mdtrt_id')),
    performer: [from.value('exam_org_name', (row) => named(row.exam_org_name))],
    result: from.value('results', (row) => (row.results.length > 0 ? row.results.map((key) => referTo(key)) : undefined)),
  }),
})

/** The germ that was tested, named only: its own message (4503) says how it was found. */
export function germMention(scope: string, row: GermRow): MappedResource | undefined {
  const key = cultureKey(scope, row)
  const text = row.germ_name ?? row.germ_code
  if (!key || text === undefined) return undefined
  const resource = {
    resourceType: 'Observation',
    status: 'final',
    category: LABORATORY,
    code: CULTURE,
    subject: { $patient: true },
    valueCodeableConcept: { text },
  }
  return { key, resource, state: 'current', statedAt: BEFORE_ALL, placeholder: true }
}
