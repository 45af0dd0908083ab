/** Diagnoses in the insurance version of ICD-10, and TCM diseases and syndromes, as concepts. */
import type { MappedConcept } from '../engine/from.ts'
import type { Run } from '../engine/rule.ts'
import { TABLES } from '../engine/systems.ts'
import { readTcmDiagnosis } from '../engine/values/tcm-diagnosis.ts'

/** Insurance and clinical editions are versions of one code system: the same-looking code can differ (formats.md A). */
export const INSURANCE_EDITION = 'insurance-2.0'

/** Several codes in one field: `A17.0+G01*`, `I10;E11.9`, `I10、E11.9` (formats.md D30). A dagger's + stays with its code. */
export function splitCodes(sent: string): string[] {
  return sent
    .split(/[,;，；、|\s]+|(?<=\+)(?=[A-Z])/)
    .map((code) => code.trim())
    .filter((code) => code !== '')
}

/**
 * Concept of one diagnosis. `diag_type` 1 is Western; 2 and 3 are TCM disease and syndrome. A name without a code goes to the
 * work list by its name (D28), because somebody must code it.
 */
export function diagnosisConcept(
  run: Run,
  field: string,
  type: string | undefined,
  code: string | undefined,
  name: string | undefined,
): MappedConcept | undefined {
  const western = type === undefined || type === '1'
  const system = western ? TABLES.icd10 : TABLES.tcm
  if (code === undefined) {
    if (name === undefined) return undefined
    const map = western ? 'icd-10-cn' : 'tcm'
    const target = run.context.translate(map, name, system)
    if (!target) run.unmapped({ map, system, code: name, display: name })
    return { ...(target && { coding: [target] }), text: name }
  }
  const codes = splitCodes(code)
  if (codes.length > 1) run.flaw(field, 'mapping-split', 'information')
  const display = codes.length === 1 ? tcmName(western, name) : undefined
  const version = western ? { version: INSURANCE_EDITION } : {}
  return {
    coding: codes.map((one) => ({ system, ...version, code: one, ...(display !== undefined && { display }) })),
    text: name ?? code,
  }
}

const tcmName = (western: boolean, name: string | undefined): string | undefined =>
  western || name === undefined ? name : (readTcmDiagnosis(name)?.disease ?? name)
