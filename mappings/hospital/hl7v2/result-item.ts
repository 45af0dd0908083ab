/** OBX-3: what was measured, by the hospital's own code and by LOINC where the sender says it (HL7 v2.5.1, 7.4.2.3). */
import { labItem } from '../../engine/lab-item.ts'
import type { MappedConcept } from '../../engine/from.ts'
import { localConcept } from '../../engine/mention.ts'
import type { Run } from '../../engine/rule.ts'
import { KINDS, type ReportKind } from './report-kind.ts'
import type { Triplet } from './result-value.ts'

const LOINC_CODE = /^\d{1,7}-\d$/

const isLoinc = ({ code, system }: Triplet): boolean => system === 'LN' && LOINC_CODE.test(code ?? '')

/** Whether one of the two identifiers is of LOINC; then both are read. */
export const namesLoinc = (item: readonly Triplet[]): boolean => item.some(isLoinc)

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
