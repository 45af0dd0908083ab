/** Vital signs of a document to cn-vital-sign; systolic and diastolic pressure are one measurement. */
import type { Facts } from './facts.ts'
import { timeOf } from './facts.ts'
import type { Statement } from './statement.ts'
import { type ObservationRow, vitalSign } from './observation.ts'
import type { CdaSection } from './sections.ts'
import { bloodPressure } from './blood-pressure.ts'
import { table } from '../../engine/values/table.ts'

interface Vital {
  loinc: string
  unit: string
  code: string
  /** spellings of the unit that are no units, or other ones: `C` is the coulomb */
  same?: readonly string[]
}

const PER_MINUTE = { unit: '次/min', code: '/min' }

export const VITALS: Readonly<Record<string, Vital>> = table({
  'DE04.10.186.00': { loinc: '8310-5', unit: '℃', code: 'Cel', same: ['C', 'c', '度'] },
  'DE04.10.118.00': { loinc: '8893-0', ...PER_MINUTE },
  'DE04.10.206.00': { loinc: '8867-4', ...PER_MINUTE },
  'DE04.10.081.00': { loinc: '9279-1', ...PER_MINUTE },
  'DE04.10.082.00': { loinc: '9279-1', ...PER_MINUTE },
  'DE04.10.174.00': { loinc: '8480-6', unit: 'mmHg', code: 'mm[Hg]' },
  'DE04.10.176.00': { loinc: '8462-4', unit: 'mmHg', code: 'mm[Hg]' },
  'DE04.10.188.00': { loinc: '29463-7', unit: 'kg', code: 'kg' },
  'DE04.10.167.00': { loinc: '8302-2', unit: 'cm', code: 'cm' },
  'DE04.10.052.00': { loinc: '8280-0', unit: 'cm', code: 'cm' },
  'DE04.50.149.00': { loinc: '2708-6', unit: '%', code: '%' },
})
const SYSTOLIC = 'DE04.10.174.00'
const DIASTOLIC = 'DE04.10.176.00'

interface Found {
  section: CdaSection
  entry: Statement
  one: Statement
}

export function vitals(facts: Facts): void {
  const pressures: Found[] = []
  for (const found of facts.of('vital')) {
    if (found.one.text === undefined) continue
    if (found.one.element === SYSTOLIC || found.one.element === DIASTOLIC) pressures.push(found)
    else facts.run(vitalSign, vitalRow(facts, found), found.one.at, found.section)
  }
  pairPressures(facts, pressures)
}

export function vitalRow(facts: Facts, { entry, one }: Found): ObservationRow {
  const known = VITALS[one.element]
  const time = timeOf(one, entry) ?? facts.time
  return {
    ...facts.row(one.element, one.at),
    category: 'vital-signs',
    element: one.element,
    name: one.name,
    ...(known && { loinc: known.loinc, fixed: { unit: known.unit, code: known.code, same: known.same ?? [] } }),
    ...valueFields(one),
    ...(time !== undefined && { time }),
  }
}

/** The parts of a row that a statement's value fills. */
export function valueFields({ text, code, system, unit, type }: Statement): Partial<ObservationRow> {
  return {
    ...(text !== undefined && { value: text }),
    ...(code !== undefined && { code }),
    ...(system !== undefined && { system }),
    ...(unit !== undefined && { unit }),
    ...(type !== undefined && { type }),
  }
}

/** The diastolic value that follows a systolic one in the same section belongs to it; one without the other stands alone. */
function pairPressures(facts: Facts, found: readonly Found[]): void {
  for (let at = 0; at < found.length; at++) {
    const first = found[at] as Found
    const next = found[at + 1]
    const isPair = next && next.section === first.section && first.one.element === SYSTOLIC && next.one.element === DIASTOLIC
    if (isPair) {
      const rows = [vitalRow(facts, first), vitalRow(facts, next)] as const
      facts.run(bloodPressure, { ...rows[0], systolic: rows[0], diastolic: rows[1] }, first.one.at, first.section)
      at++
    } else facts.run(vitalSign, vitalRow(facts, first), first.one.at, first.section)
  }
}
