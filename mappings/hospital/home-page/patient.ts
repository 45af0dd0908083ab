/** Who the page is about: the hospital's own number of the patient, his identity number and health card. */
import type { RecordBuilder } from '../../engine/record.ts'
import { filled } from '../../engine/values/blank.ts'
import { readDate } from '../../engine/values/date.ts'
import { type PatientRow, patientMapping } from '../cda/patient.ts'
import { identityOf, type PatientNumber } from '../identity.ts'
import type { Page } from './row.ts'
import { table } from '../../engine/values/table.ts'

const patient = patientMapping('hospital/home-page')

/** Fields of the row to their columns. */
const PLACES: Readonly<Record<string, string>> = table({
  numbers: 'A48',
  name: 'A11',
  gender: 'A12C',
  birthTime: 'A13',
  phone: 'A27',
  marital: 'A21C',
  address: 'A26',
  registered: 'A24',
  birthplace: 'A22',
  employer: 'A29',
  contact: 'A32',
  ethnicity: 'A19C',
  nativePlace: 'A23C',
  employment: 'A38C',
  nationality: 'A15C',
})
const BIRTHPLACE = ['P101', 'P102', 'P103']

export function addPatient(record: RecordBuilder, { values, mrn, visitNo, statedAt }: Page): void {
  const of = (column: string): string | undefined => filled(values[column])
  const numbers: PatientNumber[] = [{ kind: 'patient', value: mrn, at: 'A48' }]
  const [card, health] = [of('A20'), of('A47')]
  // Passports and permits stand in the same column: what is an identity number says so by its shape.
  if (card !== undefined) numbers.push({ kind: /^\d{15}(?:\d{2}[\dXx])?$/.test(card) ? 'identity-card' : 'other', value: card, at: 'A20' })
  if (health !== undefined) numbers.push({ kind: 'health-card', value: health, at: 'A47' })
  const birthDate = readDate(of('A13') ?? '').value
  const [name, gender] = [of('A11'), of('A12C')]
  const sex = gender === undefined ? undefined : record.context.translate('gb2261-1', gender)?.code
  record.patient = identityOf(numbers, visitNo, { ...(name && { name }), ...(birthDate && { birthDate }), ...(sex && { gender: sex }) })
  record.run(patient, rowOf(of, numbers), { statedAt, offer: false, at: (field) => PLACES[field] ?? field })
  record.noteRead('A20', 'A47', 'A33C', 'A34', 'A35', 'A29', 'A30', ...(of('A22') === undefined ? BIRTHPLACE : []))
}

function rowOf(of: (column: string) => string | undefined, numbers: PatientNumber[]): PatientRow {
  const marital = of('A21C')
  const birthplace = of('A22') ?? BIRTHPLACE.map((column) => of(column) ?? '').join('')
  const [relation, contactName, contactPhone, contactAddress] = ['A33C', 'A32', 'A35', 'A34'].map(of)
  const contact = {
    ...(contactName && { name: contactName }),
    ...(contactPhone && { phone: contactPhone }),
    ...(contactAddress && { address: contactAddress }),
    ...(relation && (/^\d{1,2}$/.test(relation) ? { relationCode: relation } : { relation })),
  }
  const employer = { ...(of('A29') && { address: of('A29') as string }), ...(of('A30') && { phone: of('A30') as string }) }
  const texts = { name: of('A11'), gender: of('A12C'), birthTime: of('A13'), phone: of('A27'), address: of('A26'), registered: of('A24') }
  return {
    numbers,
    ...(Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined)) as Partial<PatientRow>),
    ...(birthplace !== '' && { birthplace }),
    ...(of('A23C') && { nativePlace: of('A23C') as string }),
    // The first digit of the national code.
    ...(marital && { marital: { code: /^\d$/.test(marital) ? `${marital}0` : marital } }),
    ...(Object.keys(contact).length > 0 && { contact: { ...contact, at: 'A32' } }),
    ...(Object.keys(employer).length > 0 && { employer }),
    ...coded('ethnicity', of('A19C')),
    ...coded('employment', of('A38C')),
    ...coded('nationality', of('A15C')),
  }
}

/** Codes of the newer page, names of the older one. */
function coded(field: 'ethnicity' | 'employment' | 'nationality', sent: string | undefined): Partial<PatientRow> {
  if (sent === undefined) return {}
  const isCode = /^(?:\d{1,3}|[A-Z]{2,3})$/.test(sent)
  // A people is written in two digits.
  const code = field === 'ethnicity' && /^\d$/.test(sent) ? `0${sent}` : sent
  return { [field]: isCode ? { code } : { text: sent } }
}
