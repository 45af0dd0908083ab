/** Reads by id, a patient's page of 50, and searches, each against its baseline. */
import { CODES, OBSERVATIONS_EACH, observationId, optedOut, PATIENTS, patientId } from '../data.ts'
import { type BenchRow, type Load, type Measured, measure, row } from '../measure.ts'

const SECONDS = 4
const TURNS = 3

export interface Askers {
  baseline: string
  open: string
  guarded: string
  token: () => Promise<string>
  clients: number
}

/** Patients of the run that have not refused, spread over all. @param of how many there are */
export const asked = (count: number, of = PATIENTS): number[] =>
  Array.from({ length: of }, (_, n) => (n * 17) % of)
    .filter((n) => !optedOut(n))
    .slice(0, count)

export async function reads(askers: Askers): Promise<BenchRow[]> {
  const paths = asked(2000).map((patient, at) => `/fhir/Observation/${observationId(patient, at % OBSERVATIONS_EACH)}`)
  return compare(askers, 'read by id', paths)
}

export async function pages(askers: Askers): Promise<BenchRow[]> {
  const paths = asked(2000).map((patient) => `/fhir/Observation?patient=${patientId(patient)}&_count=50&_sort=-date&_total=none`)
  return compare(askers, "a patient's page of 50", paths)
}

async function compare(askers: Askers, name: string, paths: string[]): Promise<BenchRow[]> {
  const { clients } = askers
  const at = `${clients} clients`
  const headers = await auth(askers.token)
  const [bare, open, guarded] = await inTurns([
    () => load({ url: askers.baseline, paths, clients }),
    () => load({ url: askers.open, paths, clients }),
    () => load({ url: askers.guarded, paths, clients, headers }),
  ])
  const baseline = { name: `bare Express + find: ${name}, ${at}`, value: bare.perSecond }
  return [
    row(baseline.name, bare.perSecond, 'requests/s'),
    row(`${name}, no access control, ${at}`, open.perSecond, 'requests/s', baseline),
    row(`${name}, token + consent + durable audit, ${at}`, guarded.perSecond, 'requests/s', baseline),
    tail(baseline.name, bare),
    tail(`${name}, no access control, ${at}`, open),
    tail(`${name}, token + consent + durable audit, ${at}`, guarded),
  ]
}

const tail = (name: string, { p50Ms, p99Ms }: Measured): BenchRow =>
  row(`${name}, p99`, p99Ms, 'ms', { name: 'its p50 (at most 5 at 8 clients)', value: p50Ms })

export async function searches(askers: {
  open: string
  guarded: string
  withConsent: () => Promise<string>
  without: () => Promise<string>
  clients: number
}): Promise<BenchRow[]> {
  const { clients } = askers
  const paths = CODES.flatMap((code) =>
    [1, 2, 3].map((month) => `/fhir/Observation?code=${code}&date=ge2026-0${month}-10&_count=20&_total=none`),
  )
  const at = `${clients} clients`
  const ask = async (token: () => Promise<string>) => load({ url: askers.guarded, paths, clients, headers: await auth(token) })
  const [without, withConsent] = await inTurns([() => ask(askers.without), () => ask(askers.withConsent)])
  const open = await load({ url: askers.open, paths, clients })
  const baseline = { name: `search by code and date, consent not asked (statutory view), ${at}`, value: without.perSecond }
  return [
    row(baseline.name, baseline.value, 'requests/s'),
    row(`search by code and date, with consent, ${at}`, withConsent.perSecond, 'requests/s', baseline),
    row(`search by code and date, no token, no audit, ${at}`, open.perSecond, 'requests/s'),
  ]
}

export const auth = async (token: () => Promise<string>): Promise<Record<string, string>> => ({ Authorization: `Bearer ${await token()}` })

/** The means of what is compared, measured in turns: the account of uses grows under all, and the last would pay for the first. */
async function inTurns<T extends (() => Promise<Measured>)[]>(loads: [...T]): Promise<{ [at in keyof T]: Measured }> {
  const turns: Measured[][] = loads.map(() => [])
  for (let turn = 0; turn < TURNS; turn++) for (const [at, run] of loads.entries()) turns[at]?.push(await run())
  return turns.map((of) => ({
    perSecond: mean(of.map(({ perSecond }) => perSecond)),
    p50Ms: mean(of.map(({ p50Ms }) => p50Ms)),
    p99Ms: mean(of.map(({ p99Ms }) => p99Ms)),
    failures: 0,
    answered: of.reduce((sum, { answered }) => sum + answered, 0),
  })) as { [at in keyof T]: Measured }
}

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** A figure counts only when every answer was right. */
export async function load(options: Omit<Load, 'seconds'>): Promise<Measured> {
  const measured = await measure({ ...options, seconds: SECONDS })
  if (measured.failures > 0) throw new Error(`${measured.failures} requests failed at ${options.paths[0]}`)
  return measured
}
