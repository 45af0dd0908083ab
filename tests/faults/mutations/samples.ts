/** What is mutated: every sample payload with its source, and resources and bundles for the FHIR endpoint. */
import { readdir, readFile } from 'node:fs/promises'
import { bytesOf, PAYLOADS } from '../../../server/demo/payloads.ts'
import { idCheckCharacter } from '../../../server/fhir/identity-number.ts'
import type { Random } from '../support/random.ts'

export interface Sample {
  name: string
  client: string
  path: string
  contentType: string
  fileName?: string
  bytes: Buffer
  /** its own numbers: what is made of it gets others, so that each is a delivery by itself */
  own?: RegExp
  /** whose numbers have a width: the new one takes the place of the end of the old one */
  fixed?: true
  /** every one leaves a stay with its patients: they are others after some, so that none has more than anybody ever had */
  moves?: true
}

export async function allSamples(): Promise<Sample[]> {
  const ingested = await Promise.all(
    PAYLOADS.map(async (payload): Promise<Sample> => {
      const fileName = payload.file.split('/').at(-1) ?? ''
      const { client, contentType } = payload
      return { name: payload.file, client, path: `/ingest/${payload.source}`, contentType, fileName, bytes: await bytesOf(payload) }
    }),
  )
  return [...ingested, ...resources()]
}

const FIXTURES = new URL('../../fixtures/samples/', import.meta.url)

/** Samples of one folder, sent as one source's. */
export async function samplesIn(folder: string, ending: RegExp, sent: Omit<Sample, 'name' | 'bytes' | 'fileName'>): Promise<Sample[]> {
  const names = (await readdir(new URL(`${folder}/`, FIXTURES))).filter((name) => ending.test(name)).sort()
  return Promise.all(
    names.map(async (name) => ({
      ...sent,
      name: `${folder}/${name}`,
      fileName: name,
      bytes: await readFile(new URL(`${folder}/${name}`, FIXTURES)),
    })),
  )
}

/** The same under numbers that nobody has used. */
export function anew(sample: Sample, random: Random): Sample {
  if (!sample.own) return sample
  const mark = String(random.below(2 ** 32)).padStart(10, '0')
  const text = sample.bytes
    .toString('latin1')
    .replaceAll(sample.own, (number) => `${sample.fixed ? number.slice(0, -mark.length) : number}${mark}`)
  return { ...sample, bytes: Buffer.from(text, 'latin1') }
}

/** Stays of one patient: a mutant may make another person of him, and whatever he has is labelled anew each time. */
const STAYS_MAX = 100

/** Columns of a DBF stand without anything between them. */
const HOSPITAL_NUMBER = /00010(?=23456|78901)/g
const IDENTITY_NUMBERS = /(11010019580312|31010019651108)(\d{3})[\dX]/g

/** The sample with its patients under the numbers of the nth household; the first is its own. */
export function ofHousehold(sample: Sample, drawn: number): Sample {
  const household = sample.moves ? Math.floor(drawn / STAYS_MAX) : 0
  if (household === 0) return sample
  const text = sample.bytes
    .toString('latin1')
    .replaceAll(HOSPITAL_NUMBER, (number) => String(Number(number) + household).padStart(number.length, '0'))
    .replaceAll(IDENTITY_NUMBERS, (_number, place: string, order: string) => {
      // Odd orders are men's.
      const first17 = place + String((Number(order) + 2 * household) % 1000).padStart(3, '0')
      return first17 + idCheckCharacter(first17)
    })
  return { ...sample, bytes: Buffer.from(text, 'latin1') }
}

const fhir = (name: string, path: string, resource: object): Sample => ({
  name,
  client: 'loader',
  path,
  contentType: 'application/fhir+json',
  bytes: Buffer.from(JSON.stringify(resource)),
})

const observation = {
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '718-7' }], text: '血红蛋白' },
  effectiveDateTime: '2026-03-06T08:00:00+08:00',
  valueQuantity: { value: 132, unit: 'g/L', system: 'http://unitsofmeasure.org', code: 'g/L' },
}

const patient = {
  resourceType: 'Patient',
  identifier: [{ system: 'urn:oid:2.16.156.10011.1.3', value: '110100195803120019' }],
  name: [{ text: '王建国', family: '王', given: ['建国'] }],
  gender: 'male',
  birthDate: '1958-03-12',
  telecom: [{ system: 'phone', value: '13800000001' }],
}

const consent = {
  resourceType: 'Consent',
  status: 'active',
  scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
  patient: { reference: 'Patient/nobody' },
  dateTime: '2026-03-06T08:00:00+08:00',
  policyRule: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'OPTOUT' }] },
  provision: { purpose: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' }] },
}

export function resources(): Sample[] {
  const entry = (resource: { resourceType: string }, n: number) => ({
    fullUrl: `urn:uuid:00000000-0000-4000-8000-00000000000${n}`,
    resource,
    request: { method: 'POST', url: resource.resourceType },
  })
  const bundle = (type: string) => ({ resourceType: 'Bundle', type, entry: [entry(patient, 1), entry(observation, 2)] })
  return [
    fhir('Observation', '/fhir/Observation', observation),
    fhir('Patient', '/fhir/Patient', patient),
    fhir('Consent', '/fhir/Consent', consent),
    fhir('transaction', '/fhir', bundle('transaction')),
    fhir('batch', '/fhir', bundle('batch')),
  ]
}

/** What stands in samples and must never come back in an answer. */
export const PERSONAL: readonly string[] = [
  '王建国',
  '李秀兰',
  '王小明',
  '陈小梅',
  '赵明',
  // With their birth dates, whichever household.
  '11010019580312',
  '31010019651108',
  '110100196008230029',
  '440100199001010023',
  '110100199003050022',
  '13800000001',
  '13800000002',
  '13800000003',
  '13900000001',
  '13900000002',
  '示例街道',
  '示例路',
]
