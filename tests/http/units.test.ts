/** Quantities in units of UCUM over HTTP: found, counted, chained and sorted by what they are and not by how they are written. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { encounter, idsIn, observation, patient, practitioner, putAll, relabelled } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const UCUM = 'http://unitsofmeasure.org'
const glucose = (id: string, value: number, code: string, extra: object = {}): object =>
  observation(id, 'pat', 'glucose', { valueQuantity: { value, code, system: UCUM, ...extra } })
const part = (code: string, value: number, unit: string): object => ({
  code: { coding: [{ system: 'urn:test', code }] },
  valueQuantity: { value, code: unit, system: UCUM },
})

let server: TestServer
let doctor: string
beforeAll(async () => {
  server = await startTestServer()
  await putAll(server, await server.token('loader'), [
    practitioner('doc-2'),
    patient('pat'),
    encounter('visit', 'pat', 'H2', 'Practitioner/doc-2'),
    glucose('mmol', 5.4, 'mmol/L'),
    glucose('umol', 5400, 'umol/L'),
    glucose('low', 5350, 'umol/L'),
    glucose('over', 5450, 'umol/L'),
    glucose('mole', 0.0061, 'mol/L'),
    glucose('mass', 97.3, 'mg/dL'),
    glucose('chinese', 5.4, 'μmol/L'),
    glucose('local', 5.4, 'mmol/L', { system: 'urn:units' }),
    // Open to below or above: three of them without a lower end, so that a page ends among equals.
    ...['1', '2', '3'].map((n) =>
      observation(`below-${n}`, 'pat', 'open', { valueQuantity: { value: Number(n), comparator: '<', code: 'mg', system: UCUM } }),
    ),
    observation('between', 'pat', 'open', { valueQuantity: { value: 0.002, code: 'g', system: UCUM } }),
    observation('above', 'pat', 'open', { valueQuantity: { value: 1, comparator: '>', code: 'mg', system: UCUM } }),
    observation('temp-c', 'pat', 'temp', { valueQuantity: { value: 38, code: 'Cel', system: UCUM } }),
    observation('temp-f', 'pat', 'temp', { valueQuantity: { value: 99.5, code: '[degF]', system: UCUM } }),
    observation('bp', 'pat', 'bp', { component: [part('sys', 150, 'mm[Hg]'), part('dia', 10, 'kPa')] }),
  ])
  await relabelled(server)
  doctor = await server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2' })
}, 60_000)
afterAll(() => server.stop())

const get = (query: string): Promise<Answer> => server.call('GET', `/fhir/${encodeURI(query.replaceAll('UCUM', UCUM))}`, { token: doctor })
const found = async (query: string): Promise<string[]> => idsIn(await get(query), 'match').map((id) => id.replace('Observation/', ''))

async function paged(first: string): Promise<string[]> {
  const seen: string[] = []
  for (let next = first; next !== ''; ) {
    const page = await get(next)
    expect(page.status).toBe(200)
    seen.push(...idsIn(page, 'match').map((id) => id.replace('Observation/', '')))
    const link = (page.json.link as { relation: string; url: string }[]).find(({ relation }) => relation === 'next')
    next = link ? decodeURI(link.url.split('/fhir/')[1] ?? '') : ''
  }
  return seen
}

describe('a quantity', () => {
  test.each([
    ['value-quantity=5.4|UCUM|mmol/L', 'low mmol umol'],
    ['value-quantity=5.40|UCUM|mmol/L', 'mmol umol'],
    ['value-quantity=gt5.4|UCUM|mmol/L', 'mole over'],
    ['value-quantity=6100|UCUM|umol/L', 'mole'],
    ['value-quantity=5.4|UCUM|μmol/L', 'chinese'],
    ['value-quantity=5.4||mmol/L', 'local mmol'],
    ['value-quantity=5.4|urn:units|mmol/L', 'local'],
    ['value-quantity=5.4', 'chinese local mmol'],
    ['value-quantity=0.97|UCUM|g/L', 'mass'],
    ['value-quantity=37.5|UCUM|Cel,gt100|UCUM|[degF]', 'temp-c temp-f'],
    ['component-code-value-quantity=sys$20.0|UCUM|kPa', 'bp'],
    ['component-code-value-quantity=dia$20.0|UCUM|kPa', ''],
    ['combo-code-value-quantity=glucose$gt5.5|UCUM|mmol/L,dia$gt75|UCUM|mm[Hg]', 'bp mole'],
    ['code=glucose&value-quantity:missing=true', ''],
  ])('%s finds %j', async (query, expected) => {
    const ids = await found(`Observation?${query}`)
    expect(ids.sort().join(' ')).toBe(expected)
    expect((await get(`Observation?${query}&_summary=count`)).json.total).toBe(ids.length)
  })

  test('at the other end of a reference', async () => {
    expect(idsIn(await get('Patient?_has:Observation:patient:value-quantity=38|UCUM|Cel'), 'match')).toEqual(['Patient/pat'])
    expect(idsIn(await get('Patient?_has:Observation:patient:value-quantity=39|UCUM|Cel'), 'match')).toEqual([])
  })

  test('orders by what it is, page by page', async () => {
    const ids = 'mmol,low,over,mole,umol'
    const expected = ['low', 'mmol', 'umol', 'over', 'mole']
    expect(await found(`Observation?_id=${ids}&_sort=value-quantity,_id`)).toEqual(expected)
    expect(await found(`Observation?_id=${ids}&_sort=-value-quantity,-_id`)).toEqual([...expected].reverse())
    expect(await found('Observation?code=temp&_sort=value-quantity')).toEqual(['temp-f', 'temp-c'])
    expect(await paged(`Observation?_id=${ids}&_sort=value-quantity,_id&_count=2`)).toEqual(expected)
  })

  test('in order and page by page where an end is open', async () => {
    const query = 'Observation?code=open&_count=1'
    expect(await paged(`${query}&_sort=value-quantity,_id`)).toEqual(['below-1', 'above', 'below-2', 'between', 'below-3'])
    // Below 3 mg, 2 mg, below 2 mg, above 1 mg, below 1 mg: an open end counts as the value.
    expect(await paged(`${query}&_sort=-value-quantity`)).toEqual(['below-3', 'between', 'below-2', 'above', 'below-1'])
  })
})
