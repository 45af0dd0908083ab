/** Statements that are observations: coded with their data element, with LOINC where the element says what was measured. */
import type { Observation } from '@medplum/fhirtypes'
import { keys, referTo } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { From } from '../../engine/from.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import { TABLES } from '../../engine/systems.ts'
import type { ResourceKey } from '../../engine/types.ts'
import { type UnitElements, UCUM } from '../../engine/values/unit.ts'
import type { Statement } from './statement.ts'
import type { FactRow } from './facts.ts'
import { valueConcept } from './value.ts'

export interface ObservationRow extends FactRow {
  category: string
  element: string
  /** what is observed, as the document names it */
  name: string
  loinc?: string
  value?: string
  code?: string
  system?: string
  unit?: string
  /** of the value, as sent */
  type?: string
  time?: string
  /** unit of a number that comes without one, or with a spelling that means it */
  fixed?: { unit: string; code: string; same: readonly string[] }
  ofNewborn?: boolean
  partOf?: ResourceKey
  components?: { element: string; name: string; loinc?: string; statement: Statement }[]
}

const CATEGORY = 'http://terminology.hl7.org/CodeSystem/observation-category'
const NUMBERS = new Set(['PQ', 'REAL', 'INT'])
const TYPED = new Set(['CD', 'BL', 'TS'])

export const codeOfElement = (element: string, name: string, loinc?: string) => ({
  coding: [
    ...(loinc === undefined ? [] : [{ system: 'http://loinc.org', code: loinc }]),
    ...(/^(?:DE|HDSD)\d/.test(element) ? [{ system: systemOf(element), code: element, display: name }] : []),
  ],
  text: name,
})

/** Data elements of WS 363, and those that only the data set of home pages has. */
const systemOf = (element: string): string => (element.startsWith('HDSD') ? 'urn:oid:2.16.156.10011.2.2.4' : TABLES.dataElement)

function withUnit(quantity: { unit?: string; code?: string }, fixed: ObservationRow['fixed']): UnitElements {
  if (!fixed || quantity.code !== undefined) return {}
  const isMeant = quantity.unit === undefined || fixed.same.includes(quantity.unit)
  return isMeant ? { unit: quantity.unit ?? fixed.unit, system: UCUM, code: fixed.code } : {}
}

function rules(from: From<ObservationRow>) {
  const isPlain = (run: Run): boolean => !TYPED.has(run.text('type') ?? '')
  const result = from.labResult('value', 'unit', { isNumber: (run) => NUMBERS.has(run.text('type') ?? '') })
  return {
    partOf: [from.value('partOf', (row) => (row.partOf ? referTo(row.partOf as ResourceKey) : undefined))],
    status: 'final' as const,
    category: [{ coding: [{ system: CATEGORY, code: from.text('category').required() }] }],
    code: from.value(['element', 'name'], (row) => {
      const { coding, text } = codeOfElement(row.element ?? '', row.name ?? '', row.loinc)
      return { ...(coding.length > 0 && { coding }), text }
    }),
    subject: from.patient(),
    // The document is the mother's: what is said of her child must not be read as hers.
    focus: [from.value('ofNewborn', (row) => (row.ofNewborn ? { display: '新生儿' } : undefined))],
    encounter: from.encounter('visitNo'),
    effectiveDateTime: from.dateTime('time'),
    valueQuantity: result.valueQuantity.when(isPlain).as((quantity, run) => ({
      ...quantity,
      ...withUnit(quantity, (run.row as unknown as RowView<ObservationRow>).fixed as ObservationRow['fixed']),
    })),
    valueRatio: result.valueRatio.when(isPlain),
    valueRange: result.valueRange.when(isPlain),
    valueCodeableConcept: from
      .value('value', (row) => (row.type === 'CD' ? valueConcept(row) : undefined))
      .or(result.valueCodeableConcept.when(isPlain)),
    valueBoolean: from.value('value', (row) => (row.type === 'BL' ? row.value === '是' : undefined)),
    valueDateTime: from.dateTime('value').when((run) => run.text('type') === 'TS'),
    valueString: result.valueString.when(isPlain),
    interpretation: result.interpretation.when(isPlain),
  }
}

const observationKey = (row: RowView<ObservationRow>, run: Run): ResourceKey | undefined =>
  row.documentNo === undefined || row.part === undefined ? undefined : keys.documentFact('Observation', run.scope, row.documentNo, row.part)

export const finding = mapping<ObservationRow, Observation>({
  source: 'hospital/cda/observation',
  to: 'Observation',
  id: observationKey,
  when: (row) => row.value !== undefined,
  rules: (from) => ({
    ...rules(from),
    component: from.value('components', (row) => {
      const found = (row.components ?? []).flatMap(({ element, name, statement }) =>
        statement.text === undefined ? [] : [{ code: codeOfElement(element, name), valueString: statement.text }],
      )
      return found.length > 0 ? found : undefined
    }),
  }),
})

export const vitalSign = mapping<ObservationRow, Observation>({
  source: 'hospital/cda/vital-sign',
  to: 'Observation',
  profile: 'cn-vital-sign',
  id: observationKey,
  when: (row) => row.value !== undefined,
  rules,
})
