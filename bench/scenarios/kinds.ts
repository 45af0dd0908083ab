/** Every kind of request, one after the other, for the run of growth and for the orientation by another server's figures. */
import { CODES, OBSERVATIONS_EACH, observation, observationId, patientId, patientName } from '../data.ts'
import type { Asked, Measured } from '../measure.ts'
import { asked, load } from './queries.ts'

export interface Kind {
  name: string
  paths(patients: number): (string | Asked)[]
  /** requests per second of HAPI JPA 8.8 with PostgreSQL for the same work: two cores, 8 clients, no access control, measured elsewhere */
  elsewhere?: number
}

const MANY = 2000
const code = (n: number): string => CODES[n % CODES.length] as string
const byPatient = (path: (patient: number, at: number) => string | Asked) => (patients: number) => asked(MANY, patients).map(path)
const observationOf = (patient: number, at: number): string => observationId(patient, at % OBSERVATIONS_EACH)

const updateWith = (note: string) => (patient: number, at: number) => {
  const id = observationOf(patient, at)
  const body = JSON.stringify({ ...observation(patient, at % OBSERVATIONS_EACH), id, note: [{ text: note }] })
  return { method: 'PUT' as const, path: `/fhir/Observation/${id}`, body }
}

export const READS: readonly Kind[] = [
  { name: 'read by id', elsewhere: 633, paths: byPatient((patient, at) => `/fhir/Observation/${observationOf(patient, at)}`) },
  {
    name: 'search by patient, code and date',
    elsewhere: 201,
    paths: byPatient((patient, at) => `/fhir/Observation?patient=${patientId(patient)}&code=${code(at)}&date=ge2026-03-10`),
  },
  {
    name: 'page of 50',
    elsewhere: 84,
    paths: byPatient((patient) => `/fhir/Observation?patient=${patientId(patient)}&_count=50&_sort=-date&_total=none`),
  },
  {
    name: 'search by name',
    elsewhere: 396,
    paths: byPatient((patient) => `/fhir/Patient?name=${encodeURIComponent(patientName(patient))}`),
  },
  {
    name: 'chained search',
    elsewhere: 136,
    paths: byPatient((patient) => `/fhir/Observation?subject:Patient.name=${encodeURIComponent(patientName(patient))}`),
  },
  {
    name: 'search with _include',
    elsewhere: 123,
    paths: byPatient((patient) => `/fhir/Observation?patient=${patientId(patient)}&_include=Observation:patient`),
  },
  { name: '$everything', elsewhere: 51, paths: byPatient((patient) => `/fhir/Patient/${patientId(patient)}/$everything`) },
]

export const CODE_AND_DATE: Kind = {
  name: 'search by code and date over all patients',
  paths: () =>
    CODES.flatMap((one) => [1, 2, 3].map((month) => `/fhir/Observation?code=${one}&date=ge2026-0${month}-10&_count=20&_total=none`)),
}

export const WRITES: readonly Kind[] = [
  {
    name: 'create',
    elsewhere: 367,
    paths: byPatient((patient, at) => ({ method: 'POST', path: '/fhir/Observation', body: JSON.stringify(observation(patient, at)) })),
  },
  {
    name: 'update',
    elsewhere: 298,
    // One content and another, so that each update changes something.
    paths: (patients) => ['一', '二'].flatMap((note) => byPatient(updateWith(note))(patients)),
  },
]

export const VALIDATE: Kind = {
  name: '$validate',
  elsewhere: 95,
  paths: byPatient((patient, at) => ({
    method: 'POST',
    path: '/fhir/Observation/$validate',
    body: JSON.stringify(observation(patient, at)),
  })),
}

/** Loads, one kind after the other. */
export async function each(
  kinds: readonly Kind[],
  at: { url: string; clients: number; patients: number; headers?: () => Promise<Record<string, string>> },
): Promise<Map<string, Measured>> {
  const { url, clients, patients, headers } = at
  const measured = new Map<string, Measured>()
  for (const { name, paths } of kinds)
    measured.set(name, await load({ url, clients, paths: paths(patients), ...(headers ? { headers: await headers() } : {}) }))
  return measured
}
