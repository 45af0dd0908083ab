/** A row of the index to DocumentReference, and its file to Binary, as documents that messages bring (MDM). */
import type { DocumentReference } from '@medplum/fhirtypes'
import { localSystem } from '../../../server/fhir/canonical.ts'
import { readIdentityNumber } from '../../../server/fhir/identity-number.ts'
import { keys } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { RecordBuilder } from '../../engine/record.ts'
import type { RowView } from '../../engine/rule.ts'
import { localCodes, TABLES } from '../../engine/systems.ts'
import { filled } from '../../engine/values/blank.ts'
import type { Run } from '../../engine/rule.ts'
import { DOCUMENTS } from '../cda/documents.ts'
import { type PatientRow, patientMapping } from '../cda/patient.ts'
import { attachmentOf, contentMapping, type ContentRow } from '../hl7v2/document.ts'
import { identityOf, type PatientNumber } from '../identity.ts'
import type { DocumentRecord } from './row.ts'
import { table } from '../../engine/values/table.ts'

type Column = 'WSLX' | 'WSLXMC' | 'WSBT' | 'WSSJ' | 'ZZGH' | 'ZZXM' | 'KSBM' | 'KSMC' | 'WJM'
type DocumentRow = { [K in Column]?: string } & { documentNo: string; JZLSH?: string; content?: ContentRow }

const SOURCE = 'hospital/documents'
const WITHDRAWN = '2'
type Values = DocumentRecord['values']

export const isWithdrawn = (values: Values): boolean => filled(values.XGBZ) === WITHDRAWN

/**
 * Its own number; without one the file's name within the visit, else of the patient: visits and patients may be numbered alike. Identity numbers are no
 * part of a document's: a file that is named by one needs a number of its own.
 */
export function documentNoOf(values: Values): string | undefined {
  const [own, file] = [filled(values.WSBH), filled(values.WJM)]
  if (own !== undefined || file === undefined || namesPerson(file)) return own
  const [visit, mrn] = [filled(values.JZLSH), filled(values.BAH)]
  const holder = visit ?? (mrn === undefined ? undefined : `patient.${mrn}`)
  return holder === undefined ? undefined : `file.${holder}.${file.replaceAll('\\', '/')}`
}

const namesPerson = (file: string): boolean =>
  [...file.matchAll(/(?<!\d)\d{17}[\dXx](?!\d)/g)].some(([number]) => readIdentityNumber(number).valid)

const patient = patientMapping(SOURCE)
const content = contentMapping(SOURCE)
const documentSystem = (scope: string): string => localSystem(scope, 'document-no')

/**
 * One of the 53 kinds by its code, else the hospital's own. Its text is what the document is called, because of a picture nothing else tells
 * whether it is sensitive.
 */
function typeOf({ WSLX: code, WSLXMC: name, WSBT: title }: RowView<DocumentRow>, run: Run) {
  const text = title ?? name ?? code
  if (text === undefined) return undefined
  if (code === undefined) return { text }
  const national = code.toUpperCase()
  const known = Object.hasOwn(DOCUMENTS, national)
  const coding = known ? { system: TABLES.documentType, code: national } : { system: localCodes(run.scope, 'document-type'), code }
  return { coding: [{ ...coding, ...(name && { display: name }) }], text }
}

const documentReference = mapping<DocumentRow, DocumentReference>({
  source: SOURCE,
  to: 'DocumentReference',
  id: (row, run) => keys.document(run.scope, row.documentNo ?? ''),
  rules: (from) => ({
    masterIdentifier: from.identifier(documentSystem, 'documentNo'),
    identifier: [from.identifier(documentSystem, 'documentNo')],
    status: 'current',
    docStatus: 'final',
    type: from.value(['WSLX', 'WSLXMC', 'WSBT'], typeOf),
    subject: from.patient(),
    date: from.instant('WSSJ'),
    author: [from.practitioner('ZZGH', 'ZZXM')],
    custodian: from.organization(),
    description: from.text('WSBT'),
    content: from.value(['content', 'WSBT', 'WSLXMC'], (row, run) => {
      const title = run.text('WSBT') ?? run.text('WSLXMC') ?? '医疗文书'
      return [{ attachment: row.content ? attachmentOf(row.content as ContentRow, title, run.scope) : { title } }]
    }),
    context: { encounter: [from.encounter('JZLSH')], practiceSetting: from.localConcept('department', 'KSBM', 'KSMC') },
  }),
})

/** Fields of the rows to the columns of the index. */
const PLACES: Readonly<Record<string, string>> = table({ documentNo: 'WSBH', content: 'WJM', numbers: 'BAH', name: 'HZXM' })
const at = (field: string): string => PLACES[field] ?? field

export function fillDocument(record: RecordBuilder, { values, file }: DocumentRecord, documentNo: string, statedAt: string): void {
  const withdrawn = isWithdrawn(values)
  addPatient(record, values, statedAt)
  const options = { statedAt, withdrawn, offer: false as const, at }
  const one: ContentRow | undefined = file && { documentNo, part: '1', ...file }
  // Bytes of a document that is taken back are void with it, whether or not they were sent again.
  const bytes = one ?? (withdrawn ? { documentNo, part: '1', contentType: 'application/octet-stream', data: '' } : undefined)
  if (bytes) record.run(content, bytes, options)
  record.run(documentReference, { ...values, documentNo, ...(one && { content: one }) }, options)
  record.noteRead('WJM', 'WSBH', 'BAH', 'SFZH', 'HZXM', 'ZYZ', 'YWSCSJ', 'XGBZ')
}

function addPatient(record: RecordBuilder, values: Values, statedAt: string): void {
  const [mrn, card, name, visitNo] = ['BAH', 'SFZH', 'HZXM', 'JZLSH'].map((column) => filled(values[column]))
  const numbers: PatientNumber[] = [
    ...(mrn === undefined ? [] : [{ kind: 'patient' as const, value: mrn, at: 'BAH' }]),
    ...(card === undefined ? [] : [{ kind: 'identity-card' as const, value: card, at: 'SFZH' }]),
  ]
  record.patient = identityOf(numbers, visitNo, { ...(name && { name }) })
  // A number of the visit alone finds a patient and makes none.
  const row: PatientRow = { numbers, ...(name && { name }) }
  if (numbers.length > 0) record.run(patient, row, { statedAt, offer: false, at })
}
