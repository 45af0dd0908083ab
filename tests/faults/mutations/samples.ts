/** What is mutated: every sample payload with its source, and resources and bundles for the FHIR endpoint. */
import { readdir, readFile } from 'node:fs/promises'
import { bytesOf, PAYLOADS } from '../../../server/demo/payloads.ts'
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
  '110100195803120019',
  '310100196511080248',
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
