/** OBX-3: what was measured, by the hospital's own code and by LOINC where the sender says it (HL7 v2.5.1, 7.4.2.3). */
import { labItem } from '../../engine/lab-item.ts'
import type { MappedConcept } from '../../engine/from.ts'
import { localConcept } from '../../engine/mention.ts'
import type { Run } from '../../engine/rule.ts'
import { filled } from '../../engine/values/blank.ts'
import { table } from '../../engine/values/table.ts'
import type { Segment } from '../../parsers/hl7v2.ts'
import { KINDS, type ReportKind } from './report-kind.ts'
import { type Triplet, tripletsOf } from './result-value.ts'

/** Suffixes of observation identifiers (HL7 v2.4, 7.1.4) of which reports are made; what they are called in them. */
const SUFFIXES: Readonly<Record<string, string>> = table({
  IMP: '诊断印象',
  REC: '建议',
  GDT: '检查所见',
  MDT: '镜下所见',
  ADT: '补充',
  TCM: '技师说明',
})

/** Whether it is what an examination comes to. */
export const isImpression = (obx: Segment): boolean => suffixOf(obx) === 'IMP'

const suffixOf = (obx: Segment): string | undefined => filled(obx.text(3, 1, 0, 2))

/** OBX-3 and what it is called otherwise. `&GDT` has a suffix alone: what it is of stands in OBR-4. */
export function itemsOf(obx: Segment): Triplet[] {
  const named = tripletsOf(obx, 3)
  const suffix = suffixOf(obx)
  if (named.length > 0 || suffix === undefined) return named
  const text = SUFFIXES[suffix]
  return [{ code: `&${suffix}`, ...(text !== undefined && { text }) }]
}

/** The item of an OBX, by its code or name. */
export function itemOf(obx: Segment): string | undefined {
  const [item] = itemsOf(obx)
  return item?.code ?? item?.text
}

const LOINC_CODE = /^\d{1,7}-\d$/

const isLoinc = ({ code, system }: Triplet): boolean => system === 'LN' && LOINC_CODE.test(code ?? '')

/** What is read of OBX-3: both identifiers where one of them is of LOINC, the suffix where it stands alone. */
export function itemFields(item: readonly Triplet[]): string[] {
  if (item.some(isLoinc)) return ['OBX-3']
  return ['OBX-3.1', 'OBX-3.2', ...(item[0]?.code?.startsWith('&') ? ['OBX-3.1.2'] : [])]
}

/** A code that the sender gave of LOINC needs no translation, and the hospital's own stands behind it. */
export function resultItem(run: Run, kind: ReportKind, item: readonly Triplet[], unit: string | undefined): MappedConcept | undefined {
  const said = item.find(isLoinc)
  const own = item.find((one) => one !== said)
  const code = own?.code ?? own?.text
  const { items } = KINDS[kind]
  if (!said?.code) {
    if (kind !== 'laboratory' && code !== undefined) return localConcept(run.scope, items, code, own?.text)
    return labItem(run, own?.code, own?.text, unit)
  }
  const loinc = { system: 'http://loinc.org', code: said.code, ...(said.text !== undefined && { display: said.text }) }
  const local = code === undefined ? undefined : localConcept(run.scope, items, code, own?.text)
  return { coding: [loinc, ...(local?.coding ?? [])], text: local?.text ?? said.text ?? said.code }
}
