/** Leak catalogue L59 and L61: periods of consents by the server's clock, and labels that stay right whatever is edited. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { auditLabels } from '../../server/access/audit-labels.ts'
import {
  BROAD,
  consentOf,
  INSURER,
  NO_SHARING,
  NOTHING,
  observation,
  patient,
  putAll,
  relabelled,
  type Words,
} from '../consent/resources.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let loader: string
let insurer: string
beforeAll(async () => {
  server = await startTestServer()
  loader = await server.token('loader')
  insurer = await server.token('insurer', { purpose_of_use: 'HPAYMT', data_form: 'IDENT' })
})
afterAll(() => server.stop())

const visible = async (subject: string): Promise<boolean> =>
  (await server.call('GET', `/fhir/Observation?patient=${subject}`, { token: insurer })).json.total === 1

async function consenting(subject: string, period: object | undefined): Promise<number> {
  await putAll(server, loader, [patient(subject), observation(`o-${subject}`, subject, 'x')])
  const token = await server.token('patient-app', { patient: subject })
  const provision = { ...INSURER.provision, ...(period === undefined ? {} : { period }) }
  const { status } = await server.call('POST', '/fhir/Consent', { token, body: consentOf(subject, { ...INSURER, provision }) })
  await relabelled(server)
  return status
}

test('L61 after any edits the labels are those that would be made from scratch', async () => {
  const kinds: Words[] = [BROAD, INSURER, NO_SHARING, NOTHING]
  const subjects = ['d-0', 'd-1', 'd-2']
  for (const subject of subjects) {
    const findings = Array.from({ length: 5 }, (_, at) => observation(`f${at}-${subject}`, subject, 'x'))
    await putAll(server, loader, [patient(subject), ...findings])
  }
  const edits = fc.sample(
    fc.record({
      subject: fc.constantFrom(...subjects),
      kind: fc.constantFrom(...kinds),
      status: fc.constantFrom('active', 'inactive', 'draft', 'entered-in-error'),
    }),
    { numRuns: 30, seed: 61 },
  )
  const ids = new Map<string, string>()
  for (const { subject, kind, status } of edits) {
    const token = await server.token('patient-app', { patient: subject })
    const body = consentOf(subject, { ...kind, extra: { status } })
    const known = ids.get(`${subject} ${kind.series}`)
    const answer = known
      ? await server.call('PUT', `/fhir/Consent/${known}`, { token, body: { ...body, id: known } })
      : await server.call('POST', '/fhir/Consent', { token, body })
    expect([200, 201]).toContain(answer.status)
    ids.set(`${subject} ${kind.series}`, answer.json.id)
  }
  await relabelled(server)
  const found = await auditLabels({
    store: server.running.store,
    types: ['Patient', 'Observation', 'Consent'],
    ownBase: `${server.url}/fhir`,
  })
  expect([found.drifts, found.states, found.documents >= 18]).toEqual([[], 0, true])
})

const HOUR = 3_600_000
/** The day in the site's zone (Asia/Shanghai), so many days from now. */
const day = (from = 0): string => new Date(Date.now() + 8 * HOUR + from * 24 * HOUR).toISOString().slice(0, 10)
const instant = (from: number): string => new Date(Date.now() + from).toISOString()
/** The same moment as Beijing's clocks show it. */
const beijing = (from: number): string => `${new Date(Date.now() + from + 8 * HOUR).toISOString().slice(0, 19)}+08:00`

describe('L59 the period of a consent', () => {
  test.each<[string, object | undefined, boolean]>([
    ['none', undefined, true],
    ['open at its end', { start: day(-1) }, true],
    ['open at its start', { end: day(1) }, true],
    ['that ends today: the whole day counts', { end: day() }, true],
    ['that ended yesterday', { end: day(-1) }, false],
    ['that begins today', { start: day() }, true],
    ['that begins tomorrow', { start: day(1) }, false],
    ['that ended a second ago', { end: instant(-2000) }, false],
    ['that begins in a minute', { start: instant(60_000) }, false],
    ['that ended a second ago in Beijing', { end: beijing(-2000) }, false],
    ['that ends in a minute in Beijing', { end: beijing(60_000) }, true],
    ['of a year alone', { start: day().slice(0, 4), end: day().slice(0, 4) }, true],
    ['of a month alone', { end: day().slice(0, 7) }, true],
    ['of a former year', { end: String(Number(day().slice(0, 4)) - 1) }, false],
    ['of a leap day long past', { start: '2024-02-29', end: '2024-02-29' }, false],
  ])('%s', async (name, period, expected) => {
    const subject = `t-${name.replaceAll(/[^a-z]+/g, '-')}`
    expect(await consenting(subject, period)).toBe(201)
    expect(await visible(subject)).toBe(expected)
  })

  test.each([{ start: '2024-02-30' }, { end: '2026-13' }, { start: day(1), end: day(-1) }, { end: 'soon' }])(
    '%o is refused or permits nothing',
    async (period) => {
      const subject = `bad-${JSON.stringify(period).replaceAll(/[^a-z0-9]+/g, '-')}`.slice(0, 60)
      await consenting(subject, period)
      expect(await visible(subject)).toBe(false)
    },
  )

  test('ends by itself, without anything being written', async () => {
    expect(await consenting('short', { end: instant(2500) })).toBe(201)
    expect(await visible('short')).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 3000))
    expect(await visible('short')).toBe(false)
  })

  test('begins by itself', async () => {
    expect(await consenting('later', { start: instant(2000) })).toBe(201)
    expect(await visible('later')).toBe(false)
    await new Promise((resolve) => setTimeout(resolve, 2500))
    expect(await visible('later')).toBe(true)
  })
})
