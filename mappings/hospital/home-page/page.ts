/** One home page to what it tells of: patient, stay, diagnoses, operations, findings, fees, and the document that holds them together. */
import { keys, referTo } from '../../engine/keys.ts'
import { encounterMention } from '../../engine/mention.ts'
import type { RecordBuilder } from '../../engine/record.ts'
import type { KeyReference, ResourceKey } from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { bloodGroupMapping } from '../../miis/blood-group.ts'
import type { DuringStay } from '../../miis/during-stay.ts'
import { addFees, feeMappings } from '../../miis/home-page-fees.ts'
import {
  allergyMapping,
  HOME_PAGE as INSURANCE_PAGE,
  type HomePageDiagnosis,
  type HomePageRow,
  SCREENINGS,
  screeningMapping,
  STAY,
  stayMapping,
} from '../../miis/medical-home-page.ts'
import { type DocumentKind, documentMapping, type DocumentRow } from '../../miis/record-document.ts'
import { diagnosisKey, diagnosisMapping, type DiagnosisRow } from '../cda/diagnosis.ts'
import { operationMapping } from '../cda/operation.ts'
import { FIELDS, FURTHER_DIAGNOSES, WORDS } from './fields.ts'
import { type DiagnosisColumns, ICU_STAYS, MAIN_DIAGNOSIS, type OperationColumns, OPERATIONS, OTHER_DIAGNOSES } from './groups.ts'
import { operationRow, placesOf } from './operation.ts'
import { addPatient } from './patient.ts'
import type { Page } from './row.ts'

const SOURCE = 'hospital/home-page'
const stay = stayMapping(SOURCE, (_row, run) => referTo(keys.organization(run.scope)))
const diagnosis = diagnosisMapping(SOURCE)
const operation = operationMapping(SOURCE)
const bloodGroup = bloodGroupMapping(SOURCE)
const screening = screeningMapping(SOURCE)
const allergy = allergyMapping(SOURCE)
const fees = feeMappings(SOURCE)

/** What this page has beside the insurance's, in words under the stay's administration. */
const FURTHER_WORDS: readonly (readonly [column: string, title: string])[] = [
  ...WORDS,
  ...OTHER_DIAGNOSES.flatMap(({ outcome }, n) => (outcome === undefined ? [] : [[outcome, `其他诊断${n + 1}出院情况`] as const])),
]
const DOCUMENT: DocumentKind = {
  ...INSURANCE_PAGE,
  sections: INSURANCE_PAGE.sections.map((section) =>
    section.code === 'administration' ? { ...section, fields: [...section.fields, ...FURTHER_WORDS] } : section,
  ),
}
const document = documentMapping(DOCUMENT, SOURCE)

/** Field of the insurance's page to the column. */
const COLUMN_OF: Readonly<Record<string, string>> = Object.fromEntries(
  FIELDS.flatMap(({ column, field }) => (field === undefined ? [] : [[field, column]])),
)
const at = (field: string): string => COLUMN_OF[field] ?? field

export function fillPage(record: RecordBuilder, page: Page): void {
  const { statedAt, isWithdrawn, mrn, visitNo } = page
  takeBackFormer(record, page)
  const listsApart = { of: factsOf(record, page), names: ['diagnosis'], ...(page.onArrival && { onArrival: true as const }) }
  // The first mention of a record stands.
  if (isWithdrawn) {
    const mention = encounterMention(record.context.source.organization, visitNo, STAY)
    record.add({ ...mention, listsApart: { ...listsApart, statedAt, withdrawn: true } })
  }
  const info = infoOf(page)
  record.noteRead(...OTHER_WEIGHTS.map(at))
  addPatient(record, page)
  const diagnoses = addDiagnoses(record, page)
  const operations = addOperations(record, page)
  const common = { mdtrt_sn: visitNo, ...(isWithdrawn && { vali_flag: '0' }) }
  const row: HomePageRow = { ...info, ...common, medcasno: mrn, diagnoses, icuStays: icuStays(record, page) }
  const options = { statedAt, at, offer: false as const }
  const own = { ...options, onArrival: page.onArrival }
  const { adm_date, dscg_date } = info
  const visit = { ...common, ...(adm_date && { adm_date }), ...(dscg_date && { dscg_date }) }
  record.run(stay, row, { ...options, listsApart })
  addFindings(record, info, visit, own)
  const allergyKey = record.run(allergy, { ...info, ...common, medcasno: mrn }, options)
  const money = addFees(record, info, visit, { statedAt, at, onArrival: page.onArrival }, fees)
  const entries: Record<string, KeyReference[]> = {
    '11535-2': diagnoses.filter(({ role }) => role === undefined).map(({ condition }) => condition),
    '48765-2': allergyKey === undefined || allergyKey === 'patient' || isWithdrawn ? [] : [referTo(allergyKey)],
    '47519-4': operations.map((key) => referTo(key)),
    '48768-6': money.map((key) => referTo(key)),
  }
  const words = Object.fromEntries(
    FURTHER_WORDS.flatMap(([column]) => (page.values[column] === undefined ? [] : [[column, page.values[column]]])),
  )
  record.run(document, { ...info, ...words, ...common, entries } as DocumentRow, own)
}

/** Diagnoses and operations as this stay's page says them, whenever it was written. */
const factsOf = (record: RecordBuilder, { visitNo }: Page): ResourceKey =>
  keys.documentFacts(record.context.source.organization, `${DOCUMENT.code}.${visitNo}`, visitNo)

/** What a page said that was written before is void, unless this one says it again; of one that says no time, what came before. */
function takeBackFormer(record: RecordBuilder, page: Page): void {
  const [batch, word] = [factsOf(record, page), 'reversed' as const]
  const before = new Date(Date.parse(page.statedAt) - 1).toISOString()
  record.sayOfBatch(page.onArrival ? { batch, word, statedAt: page.statedAt, onArrival: true } : { batch, word, statedAt: before })
}

/** The documents of the stay tell of them as well: the page's word is kept apart, so that it can be taken back alone. */
function ofPage(record: RecordBuilder, page: Page) {
  const facts = factsOf(record, page)
  const { statedAt, onArrival, isWithdrawn: withdrawn } = page
  return { statedAt, onArrival, offer: false, withdrawn, batches: [facts], apart: facts } as const
}

const OTHER_WEIGHTS = [2, 3, 4, 5].map((n) => `nwb_bir_wt_${n}`)

/** The page under the names of the insurance's. */
function infoOf({ values }: Page): Record<string, string> {
  const info: Record<string, string> = {}
  for (const { column, field } of FIELDS) {
    const value = filled(values[column])
    if (field !== undefined && value !== undefined) info[field] = value
  }
  // A birth of several has a weight of each.
  const weights = ['nwb_bir_wt', ...OTHER_WEIGHTS].flatMap((field) => info[field] ?? [])
  if (weights.length > 0) info.nwb_bir_wt = weights.join('，')
  const social = filled(values.P743)
  if (info.acp_medins_name === undefined && social !== undefined) info.acp_medins_name = social
  return info
}

const read = (values: Page['values'], column: string | undefined): string | undefined =>
  column === undefined ? undefined : filled(values[column])

/** Those of the discharge first, the main one before the others; then that of the admission, and what stands beside the stay. */
function addDiagnoses(record: RecordBuilder, page: Page): HomePageDiagnosis[] {
  const found: HomePageDiagnosis[] = []
  const add = (columns: DiagnosisColumns, role: DiagnosisRow['role'], main = false): void => {
    const key = runDiagnosis(record, page, columns, role)
    if (key === undefined || role === undefined) return
    const condition = read(page.values, columns.condition)
    found.push({
      condition: referTo(key),
      main,
      ...(condition !== undefined && /^[1-4]$/.test(condition) && { admissionCondition: condition }),
      ...(role === 'AD' && { role }),
    })
  }
  add(MAIN_DIAGNOSIS, 'DD', true)
  for (const other of OTHER_DIAGNOSES) add(other, 'DD')
  const { admission, ...beside } = FURTHER_DIAGNOSES
  add(admission, 'AD')
  for (const one of Object.values(beside)) add(one, undefined)
  return found.filter(({ condition }, n) => found.findIndex((other) => isSame(other.condition, condition)) === n)
}

const isSame = (a: KeyReference, b: KeyReference): boolean => JSON.stringify(a.$key) === JSON.stringify(b.$key)

function runDiagnosis(record: RecordBuilder, page: Page, columns: DiagnosisColumns, role: DiagnosisRow['role']): ResourceKey | undefined {
  const { values, visitNo, isWithdrawn } = page
  const [code, name, condition] = [read(values, columns.code), read(values, columns.name), read(values, columns.condition)]
  if (code === undefined && name === undefined) return undefined
  const row: DiagnosisRow = {
    visitNo,
    kind: 'western',
    words: '',
    verification: 'confirmed',
    at: columns.code,
    ...(role && { role }),
    ...(code !== undefined && { code }),
    ...(name !== undefined && { name }),
    ...(condition !== undefined && { admissionCondition: condition }),
  }
  const places: Record<string, string> = { code: columns.code, name: columns.name, admissionCondition: columns.condition ?? columns.code }
  record.run(diagnosis, row, { ...ofPage(record, page), at: (field) => places[field] ?? field })
  record.noteRead(columns.code, columns.name, ...(columns.condition === undefined ? [] : [columns.condition]))
  return isWithdrawn ? undefined : diagnosisKey(row, record.context.source.organization)
}

function addOperations(record: RecordBuilder, page: Page): ResourceKey[] {
  return OPERATIONS.flatMap((columns: OperationColumns, n) => {
    const row = operationRow(page, columns, n + 1)
    if (!row) return []
    const places = placesOf(columns)
    const place = (field: string): string => places[field] ?? field
    const key = record.run(operation, row, { ...ofPage(record, page), at: place })
    record.noteRead(...(Object.values(columns) as string[]))
    return key === undefined || key === 'patient' || page.isWithdrawn ? [] : [key]
  })
}

/** As the insurance's list of them. */
function icuStays(record: RecordBuilder, { values }: Page): Record<string, string>[] {
  return ICU_STAYS.flatMap(([unit, start, end]) => {
    const [name, began, ended] = [read(values, unit), read(values, start), read(values, end)]
    if (name === undefined) return []
    record.noteRead(unit, start, end)
    return [{ icu_codeid: name, ...(began && { inpool_icu_time: began }), ...(ended && { out_icu_time: ended }) }]
  })
}

function addFindings(
  record: RecordBuilder,
  info: Readonly<Record<string, string>>,
  visit: DuringStay,
  options: { statedAt: string; onArrival: true | undefined; offer: false },
): void {
  for (const kind of ['abo', 'rh'] as const) {
    const code = info[`${kind}_code`]
    const place = (field: string): string => at(field === 'code' ? `${kind}_code` : field)
    record.run(bloodGroup, { ...visit, kind, ...(code && { code }) }, { ...options, at: place })
    record.noteRead(at(`${kind}_code`))
  }
  for (const one of SCREENINGS) {
    const result = info[one.field]
    const row = { ...visit, screening: one, ...(result && { result }) }
    record.run(screening, row, { ...options, at: (field) => at(field === 'result' ? one.field : field) })
    record.noteRead(at(one.field))
  }
}
