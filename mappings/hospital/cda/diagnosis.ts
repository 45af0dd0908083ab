/**
 * Diagnoses among the statements of a document. Admission and discharge diagnoses, diseases and syndromes share their data
 * elements and are told apart by the displayName; name and code of one diagnosis stand in one entry.
 */
import type { Condition } from '@medplum/fhirtypes'
import { codeSystem } from '../../../server/fhir/canonical.ts'
import { diagnosisByName } from '../../engine/from.ts'
import { keys } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import { CLINICAL_EDITION, TABLES } from '../../engine/systems.ts'
import type { ResourceKey } from '../../engine/types.ts'
import { flat, type Statement } from './entries.ts'
import type { CdaSection } from './sections.ts'

export type DiagnosisKind = 'western' | 'tcm-disease' | 'tcm-syndrome'

export interface DiagnosisRow {
  visitNo?: string
  kind: DiagnosisKind
  role: 'AD' | 'DD'
  code?: string
  name?: string
  /** where the code, else the name, stands */
  at: string
}

const CODES: Record<string, { western: boolean; code: boolean }> = {
  'DE05.01.024.00': { western: true, code: true },
  'DE05.01.025.00': { western: true, code: false },
  'DE05.10.130.00': { western: false, code: true },
  'DE05.10.172.00': { western: false, code: false },
}

/** Diagnoses of a section, in its order. A code and a name of the same kind and role in one entry are one diagnosis. */
export function diagnosesOf(section: CdaSection, visitNo: string | undefined): DiagnosisRow[] {
  return section.statements.flatMap((entry) => {
    const rows: DiagnosisRow[] = []
    for (const one of flat([entry])) {
      const known = CODES[one.element]
      const value = known?.code ? (one.code ?? one.text) : one.text
      if (!known || value === undefined) continue
      put(rows, one, { kind: kindOf(known.western, one.name), role: /入院/.test(one.name) ? 'AD' : 'DD' }, known.code, visitNo)
    }
    return rows
  })
}

function put(
  rows: DiagnosisRow[],
  one: Statement,
  what: Pick<DiagnosisRow, 'kind' | 'role'>,
  isCode: boolean,
  visitNo: string | undefined,
): void {
  const part = isCode ? 'code' : 'name'
  const open = rows.find((row) => row.kind === what.kind && row.role === what.role && row[part] === undefined)
  const row: DiagnosisRow = open ?? { ...what, at: one.at, ...(visitNo !== undefined && { visitNo }) }
  if (isCode) {
    row.code = (one.code ?? one.text) as string
    row.at = one.at
    if (row.name === undefined && one.text !== undefined && one.text !== one.code) row.name = one.text
  } else row.name = one.text as string
  if (!open) rows.push(row)
}

function kindOf(western: boolean, name: string): DiagnosisKind {
  if (western) return 'western'
  return /证候|证型/.test(name) ? 'tcm-syndrome' : 'tcm-disease'
}

export function diagnosisKey(row: DiagnosisRow, scope: string): ResourceKey | undefined {
  const mark = row.code ?? row.name
  return row.visitNo === undefined || mark === undefined ? undefined : keys.diagnosis(scope, row.visitNo, mark)
}

const CATEGORIES: Record<DiagnosisKind, { system: string; code: string; display: string }> = {
  western: {
    system: 'http://terminology.hl7.org/CodeSystem/condition-category',
    code: 'encounter-diagnosis',
    display: 'Encounter Diagnosis',
  },
  'tcm-disease': { system: codeSystem('cn-condition-category'), code: 'tcm-disease', display: '中医病名' },
  'tcm-syndrome': { system: codeSystem('cn-condition-category'), code: 'tcm-syndrome', display: '中医证候' },
}

export const diagnosis = mapping<DiagnosisRow, Condition>({
  source: 'hospital/cda/diagnosis',
  to: 'Condition',
  profile: 'cn-condition',
  id: (row, run) => diagnosisKey(row as DiagnosisRow, run.scope),
  rules: (from) => ({
    category: from.value('kind', (row) => [{ coding: [CATEGORIES[row.kind as DiagnosisKind]] }]),
    code: from
      .value(['code', 'name'], (row, run) => {
        const { code, name } = row
        if (code === undefined) {
          return name === undefined ? undefined : diagnosisByName(run, name)
        }
        const western = row.kind === 'western'
        const system = western ? TABLES.icd10 : TABLES.tcm
        const coding = { system, ...(western && { version: CLINICAL_EDITION }), code, ...(name !== undefined && { display: name }) }
        return { coding: [coding], ...(name !== undefined && { text: name }) }
      })
      .required(),
    subject: from.patient(),
    encounter: from.encounter('visitNo').required(),
  }),
})
