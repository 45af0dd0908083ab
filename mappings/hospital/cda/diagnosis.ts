/**
 * Diagnoses among the statements of a document. Admission and discharge diagnoses, diseases and syndromes share their data
 * elements and are told apart by the displayName; name and code of one diagnosis stand in one entry.
 */
import type { Condition } from '@medplum/fhirtypes'
import { codeSystem, structureDefinition } from '../../../server/fhir/canonical.ts'
import { diagnosisByName } from '../../engine/from.ts'
import { keys } from '../../engine/keys.ts'
import { type Mapping, mapping } from '../../engine/mapping.ts'
import { CLINICAL_EDITION, TABLES } from '../../engine/systems.ts'
import type { ResourceKey } from '../../engine/types.ts'
import { homeOf } from './elements.ts'
import { flat, type Statement } from './statement.ts'
import type { Facts } from './facts.ts'
import type { CdaSection } from './sections.ts'
import { table } from '../../engine/values/table.ts'

export type DiagnosisKind = 'western' | 'tcm-disease' | 'tcm-syndrome'

/** What a diagnosis is to the visit (http://terminology.hl7.org/CodeSystem/diagnosis-role). */
export type DiagnosisRole = 'AD' | 'DD' | 'pre-op' | 'post-op'

export interface DiagnosisRow {
  visitNo?: string
  kind: DiagnosisKind
  /** words that tell it from the others of its entry */
  words: string
  role?: DiagnosisRole
  /** named as the main one */
  isMain?: boolean
  verification?: 'provisional' | 'differential' | 'confirmed'
  code?: string
  name?: string
  /** of the code, where it is another word than the name */
  display?: string
  /** 入院病情 */
  admissionCondition?: string
  rank?: number
  /** where the code, else the name, stands */
  at: string
}

/** Elements that hold a code; all others of this home hold a name. */
const CODES = new Set(['DE02.10.024.00', 'DE05.01.021.00', 'DE05.01.024.00', 'DE05.01.078.00', 'DE05.10.130.00'])
const CONDITION_ON_ADMISSION = 'DE09.00.104.00'
const RANK = 'DE05.01.080.00'

/** By the name of the statement first, else by the section. */
const ROLES: readonly (readonly [RegExp, DiagnosisRole])[] = [
  [/入院/, 'AD'],
  [/出院|死亡诊断/, 'DD'],
  [/术前/, 'pre-op'],
  [/术后/, 'post-op'],
]
const SECTION_ROLES: Readonly<Record<string, DiagnosisRole>> = table({
  '46241-6': 'AD',
  '11535-2': 'DD',
  '10219-4': 'pre-op',
  '10218-6': 'post-op',
})
const VERIFICATIONS: readonly (readonly [RegExp, NonNullable<DiagnosisRow['verification']>])[] = [
  [/鉴别/, 'differential'],
  [/初步/, 'provisional'],
  [/确定|修正|病理/, 'confirmed'],
]

const first = <T>(table: readonly (readonly [RegExp, T])[], words: string): T | undefined =>
  table.find(([pattern]) => pattern.test(words))?.[1]

/** What a name says beside which diagnosis it is: a code and a name that agree in it are one diagnosis. */
const stem = (words: string): string => words.replace(/诊断|疾病|编码|代码|名称|西医|中医|中药|病名|证候|[-（）()]/g, '')

/** Diagnoses of one entry, and those of them that still wait for their code or their name, by what that has to agree in. */
interface Found {
  rows: DiagnosisRow[]
  halves: Map<string, DiagnosisRow[]>
}

/** Diagnoses of a section, in its order. A code and a name of the same kind and words in one entry are one diagnosis. */
export function diagnosesOf(section: CdaSection, visitNo: string | undefined): DiagnosisRow[] {
  return section.statements.flatMap((entry) => {
    const found: Found = { rows: [], halves: new Map() }
    for (const one of flat([entry])) if (homeOf(one) === 'diagnosis') read(found, one, section, visitNo)
    return found.rows
  })
}

function read(found: Found, one: Statement, section: CdaSection, visitNo: string | undefined): void {
  if (one.element === CONDITION_ON_ADMISSION || one.element === RANK) {
    const last = found.rows.at(-1)
    if (last) ofDiagnosis(last, one)
    return
  }
  const isCode = CODES.has(one.element)
  const value = isCode ? (one.code ?? one.text) : one.text
  if (value !== undefined) put(found, one, isCode, section, visitNo)
}

/** Belongs to the diagnosis before it in the same entry. */
function ofDiagnosis(row: DiagnosisRow, one: Statement): void {
  if (one.element === RANK) {
    if (/^\d{1,3}$/.test(one.text ?? '')) row.rank = Number(one.text)
  } else if (one.code !== undefined) row.admissionCondition = one.code
}

function put({ rows, halves }: Found, one: Statement, isCode: boolean, section: CdaSection, visitNo: string | undefined): void {
  const said = judged(one, section)
  const kind = kindOf(one)
  const words = stem(one.name)
  const agrees = `${kind}|${said.role}|${words}`
  const part = isCode ? 'code' : 'name'
  const [only] = rows
  const isOther = rows.length === 1 && only?.kind === kind && only.role === said.role && only[part] === undefined
  const open = halves.get(`${part}|${agrees}`)?.shift() ?? (isOther ? only : undefined)
  const row: DiagnosisRow = open ?? { kind, words, at: one.at, ...(visitNo !== undefined && { visitNo }), ...said }
  if (isCode) {
    row.code = (one.code ?? one.text) as string
    row.at = one.at
    if (one.text !== undefined && one.text !== one.code) row.display = one.text
  } else row.name = one.text as string
  if (open) return
  rows.push(row)
  const waits = `${isCode ? 'name' : 'code'}|${agrees}`
  const waiting = halves.get(waits)
  if (waiting) waiting.push(row)
  else halves.set(waits, [row])
}

function judged(one: Statement, section: CdaSection): Pick<DiagnosisRow, 'role' | 'verification' | 'isMain'> {
  const verification = first(VERIFICATIONS, one.words)
  // A disease that is only thought of is none of the visit's diagnoses.
  const role = verification === 'differential' ? undefined : (first(ROLES, one.words) ?? roleOfSection(one, section))
  const isMain = /主要诊断|出院(?:西医)?诊断-疾病|主病/.test(one.words)
  return { ...(role && { role }), ...(verification && { verification }), ...(isMain && { isMain }) }
}

/** The pathologist's diagnosis and the one of the outpatient department stand where others do and are not theirs. */
const roleOfSection = (one: Statement, { code }: CdaSection): DiagnosisRole | undefined =>
  code === undefined || /门急诊|门诊|病理|死亡原因|死因|目前|外部原因/.test(one.words) ? undefined : SECTION_ROLES[code]

const TCM_ELEMENTS = new Set(['DE05.10.130.00', 'DE05.10.172.00'])

function kindOf({ element, words }: Statement): DiagnosisKind {
  if (!TCM_ELEMENTS.has(element) && !/中医|中药/.test(words)) return 'western'
  return /证候|证型|主症/.test(words) ? 'tcm-syndrome' : 'tcm-disease'
}

type Keyed = { readonly [K in 'visitNo' | 'code' | 'name']?: string | undefined }

export function diagnosisKey(row: Keyed, scope: string): ResourceKey | undefined {
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
const ADMISSION_CONDITION = 'urn:oid:2.16.156.10011.2.3.1.253'

export const diagnosisMapping = (source: string): Mapping<DiagnosisRow> =>
  mapping<DiagnosisRow, Condition>({
    source,
    to: 'Condition',
    profile: 'cn-condition',
    id: (row, run) => diagnosisKey(row, run.scope),
    rules: (from) => ({
      extension: [
        {
          url: structureDefinition('cn-admission-condition'),
          valueCoding: { system: ADMISSION_CONDITION, code: from.choice('admissionCondition', { '1': '1', '2': '2', '3': '3', '4': '4' }) },
        },
      ],
      verificationStatus: {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-ver-status', code: from.text('verification') }],
      },
      category: from.value('kind', (row) => [{ coding: [CATEGORIES[row.kind as DiagnosisKind]] }]),
      code: from
        .value(['code', 'name'], (row, run) => {
          const { code, display } = row
          const name = row.name ?? display
          if (code === undefined) {
            return name === undefined ? undefined : diagnosisByName(run, name)
          }
          const western = row.kind === 'western'
          const system = western ? TABLES.icd10 : TABLES.tcm
          const shown = display ?? name
          const coding = { system, ...(western && { version: CLINICAL_EDITION }), code, ...(shown !== undefined && { display: shown }) }
          return { coding: [coding], ...(name !== undefined && { text: name }) }
        })
        .required(),
      subject: from.patient(),
      encounter: from.encounter('visitNo').required(),
    }),
  })

export const diagnosis = diagnosisMapping('hospital/cda/diagnosis')

/** Runs the diagnoses of all sections; answers them in order. */
export function diagnoses(facts: Facts): DiagnosisRow[] {
  const all: DiagnosisRow[] = []
  for (const section of facts.sections) {
    for (const row of diagnosesOf(section, facts.document.visitNo)) {
      all.push(row)
      if (row.visitNo === undefined) {
        facts.record.issue({ severity: 'warning', code: 'mapping-required', at: 'recordTarget/patientRole/id/@extension' })
      } else facts.run(diagnosis, row, row.at, section)
    }
  }
  return all
}
