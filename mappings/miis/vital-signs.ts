/** Vital signs of a nurse's record (4602) and of the examination on admission (4701): one Observation (cn-vital-sign) for each. */
import type { Observation } from '@medplum/fhirtypes'
import { mapping } from '../engine/mapping.ts'
import type { RecordBuilder } from '../engine/record.ts'
import type { RowView, Run } from '../engine/rule.ts'
import type { ResourceKey } from '../engine/types.ts'
import { readDateTime } from '../engine/values/date.ts'
import { type Decimal, readDecimal } from '../engine/values/decimal.ts'
import { visit } from './keys.ts'
import type { Site } from './transaction.ts'

interface VitalSign {
  /** LOINC */
  code: string
  display: string
  unit: { unit: string; code: string }
  /** what it is known by, where servers of before had another code for it */
  knownBy?: string
}

/** Fields of both transactions; blood pressure has two and is one sign. */
export const VITAL_SIGNS = {
  temperature: { code: '8310-5', display: '体温', unit: { unit: '℃', code: 'Cel' } },
  pulse: { code: '8893-0', display: '脉率', unit: { unit: '次/分', code: '/min' }, knownBy: '8889-8' },
  respiration: { code: '9279-1', display: '呼吸', unit: { unit: '次/分', code: '/min' } },
  weight: { code: '29463-7', display: '体重', unit: { unit: 'kg', code: 'kg' } },
  height: { code: '8302-2', display: '身高', unit: { unit: 'cm', code: 'cm' } },
  girth: { code: '8280-0', display: '腹围', unit: { unit: 'cm', code: 'cm' } },
} as const satisfies Record<string, VitalSign>

export type SignName = keyof typeof VITAL_SIGNS

export interface SignRow extends Site {
  mdtrt_sn?: string
  mdtrt_id?: string
  /** when it was measured, as it was sent */
  time?: string
  value?: string
  systolic?: string
  diastolic?: string
  nurse?: string
  vali_flag?: string
  sign: SignName | 'pressure'
}

const PRESSURE: VitalSign = { code: '85354-9', display: '血压', unit: { unit: 'mmHg', code: 'mm[Hg]' } }
const signOf = (row: RowView<SignRow>): VitalSign => (row.sign === 'pressure' ? PRESSURE : VITAL_SIGNS[row.sign as SignName])

const UCUM = 'http://unitsofmeasure.org'
const LOINC = 'http://loinc.org'

/** A mark of a stay is known by what was measured when. */
function signKey(row: RowView<SignRow>, run: Run): ResourceKey | undefined {
  const visitNo = row.mdtrt_sn ?? row.mdtrt_id
  const at = row.time === undefined ? undefined : readDateTime(row.time, run.context.timezone).value
  if (visitNo === undefined || at === undefined) return undefined
  const { code, knownBy = code } = signOf(row)
  return { type: 'Observation', scope: run.scope, parts: ['vital-sign', visitNo, knownBy, at] }
}

function quantity(run: Run, field: 'value' | 'systolic' | 'diastolic', unit: VitalSign['unit']) {
  const sent = run.text(field)
  const value: Decimal | undefined = sent === undefined ? undefined : readDecimal(sent)
  if (sent !== undefined && !value) run.flaw(field, 'mapping-number-invalid', 'error')
  return value && { value, unit: unit.unit, system: UCUM, code: unit.code }
}

function component(run: Run, field: 'systolic' | 'diastolic', code: string, display: string) {
  const valueQuantity = quantity(run, field, PRESSURE.unit)
  const what = { code: { coding: [{ system: LOINC, code, display }] } }
  // Of a pressure both values are expected: one that was not sent says so.
  return valueQuantity ? { ...what, valueQuantity } : { ...what, dataAbsentReason: NOT_SENT }
}

const NOT_SENT = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason', code: 'unknown', display: 'Unknown' }] }

export const vitalSign = mapping<SignRow, Observation>({
  source: 'miis/vital-sign',
  to: 'Observation',
  profile: 'cn-vital-sign',
  id: signKey,
  organization: 'fixmedins_code',
  withdrawn: (row) => row.vali_flag === '0',
  rules: (from) => ({
    status: 'final',
    category: [
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs', display: 'Vital Signs' }] },
    ],
    code: from.value('value', (row) => {
      const { code, display } = signOf(row)
      return { coding: [{ system: LOINC, code, display }], text: display }
    }),
    subject: from.patient(),
    encounter: from.encounter('mdtrt_sn').or(visit<SignRow>('mdtrt_id')),
    effectiveDateTime: from.dateTime('time').required(),
    performer: [from.value('nurse', (row) => (row.nurse === undefined ? undefined : { display: row.nurse }))],
    valueQuantity: from.value('value', (row, run) => (row.sign === 'pressure' ? undefined : quantity(run, 'value', signOf(row).unit))),
    component: from.value(['systolic', 'diastolic'], (row, run) =>
      row.sign === 'pressure'
        ? [component(run, 'systolic', '8480-6', '收缩压'), component(run, 'diastolic', '8462-4', '舒张压')]
        : undefined,
    ),
  }),
})

/** Where the signs stand in a node: the same ones have other names in other transactions. */
export type SignFields = Partial<Record<SignName | 'systolic' | 'diastolic', string>>

/** @param row of the node: numbers, time and who measured */
export function addVitalSigns(
  record: RecordBuilder,
  node: Record<string, unknown>,
  fields: SignFields,
  row: Omit<SignRow, 'sign'>,
  { statedAt, at }: { statedAt: string; at: (field: string) => string },
): ResourceKey[] {
  const sent = (field: string | undefined): string | undefined => {
    const value = field === undefined ? undefined : node[field]
    return typeof value === 'string' && readDecimal(value) !== undefined ? value : undefined
  }
  const made: ResourceKey[] = []
  const keep = (key: ResourceKey | 'patient' | undefined): void => {
    if (key && key !== 'patient') made.push(key)
  }
  for (const sign of Object.keys(VITAL_SIGNS) as SignName[]) {
    const field = fields[sign]
    const value = sent(field)
    if (value === undefined || field === undefined) continue
    const named = (name: string): string => at(name === 'value' ? field : name)
    keep(record.run(vitalSign, { ...row, sign, value }, { statedAt, at: named, offer: false }))
  }
  const { systolic, diastolic } = { systolic: sent(fields.systolic), diastolic: sent(fields.diastolic) }
  if (systolic === undefined && diastolic === undefined) return made
  const pressure: SignRow = { ...row, sign: 'pressure', ...(systolic && { systolic }), ...(diastolic && { diastolic }) }
  const names: Record<string, string | undefined> = fields
  keep(record.run(vitalSign, pressure, { statedAt, at: (name) => at(names[name] ?? name), offer: false }))
  return made
}
