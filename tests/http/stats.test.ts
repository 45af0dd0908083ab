/** Observation/$stats over HTTP: R4 observation-operation-stats.html; the numbers are reckoned by hand. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { putAll } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
const call = (method: string, path: string, body?: object): Promise<Answer> => server.call(method, `/fhir/${path}`, body ? { body } : {})
const codeOf = ({ json }: Answer): string => json.issue[0].details.coding[0].code

const UCUM = 'http://unitsofmeasure.org'
const coded = (...codes: string[]) => ({ coding: codes.map((code) => ({ system: 'urn:s', code })) })
const quantity = (value: number | string, code = 'mmol/L', more: object = {}) => ({ value, unit: code, system: UCUM, code, ...more })
const observed = (id: string, code: object, more: object = {}) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code,
  subject: { reference: 'Patient/a' },
  ...more,
})
const valued = (id: string, code: string, value: number | string, more: object = {}) =>
  observed(id, coded(code), { valueQuantity: quantity(value), ...more })
const day = (n: number) => ({ effectiveDateTime: `2024-05-${String(n).padStart(2, '0')}T08:00:00+08:00` })

beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  await putAll(server, '', [
    { resourceType: 'Patient', id: 'a' },
    // Mean 5, squares of the distances 32, cubes 42, fourth powers 356.
    ...[2, 4, 4, 4, 5, 5, 7, 9].map((value, n) => valued(`x${n}`, 'x', value, day(n + 1))),
    valued('wrong', 'x', 1000, { status: 'entered-in-error', ...day(1) }),
    valued('below', 'x', 1, { ...day(2), valueQuantity: quantity(1, 'mmol/L', { comparator: '<' }) }),
    observed('none', coded('x'), { ...day(3), dataAbsentReason: { text: 'lost' } }),
    observed('unitless', coded('x'), { ...day(3), valueQuantity: { value: 77, unit: 'mmol/L' } }),
    valued('modified', 'x', 500, { ...day(3), modifierExtension: [{ url: 'urn:not', valueBoolean: true }] }),
    valued('other', 'x', 2000, { subject: { reference: 'Patient/b' } }),
    { resourceType: 'Patient', id: 'b' },
    valued('u1', 'units', 5, day(1)),
    observed('u2', coded('units'), { ...day(2), valueQuantity: quantity(90, 'mg/dL') }),
    observed('u3', coded('units'), { ...day(3), valueQuantity: quantity(110, 'mg/dL') }),
    // A blood pressure with parts, and one whose parts are Observations of their own.
    observed('bp', coded('panel'), {
      ...day(1),
      component: [
        { code: coded('sys', 'sys-local'), valueQuantity: quantity(120, 'mm[Hg]') },
        { code: coded('dia'), valueQuantity: quantity(80, 'mm[Hg]') },
        { code: coded('map'), dataAbsentReason: { text: 'x' } },
      ],
    }),
    observed('sys2', coded('sys'), { ...day(2), valueQuantity: quantity(130, 'mm[Hg]') }),
    observed('late', coded('sys'), { ...day(30), valueQuantity: quantity(200, 'mm[Hg]') }),
    observed('bp2', coded('panel'), {
      ...day(2),
      hasMember: ['sys2', 'late', 'nowhere'].map((id) => ({ reference: `Observation/${id}` })),
    }),
    observed('p', coded('period'), { effectivePeriod: { start: '2024-05-01', end: '2024-05-03' }, valueQuantity: quantity(3) }),
  ])
  const entry = ['5.40', '1.2', '0.10'].map((value, n) => {
    const text = JSON.stringify(valued(`d${n}`, 'd', 'N'))
    return text.replace('"N"', value)
  })
  for (const [n, body] of entry.entries()) expect((await server.call('PUT', `/fhir/Observation/d${n}`, { body })).status).toBe(201)
}, 60_000)
afterAll(() => server.stop())

const ALL = [
  ...['average', 'maximum', 'minimum', 'count', 'total-count', 'median', 'std-dev', 'sum', 'variance', '20-percent', '80-percent'],
  ...['4-lower', '4-upper', '4-dev', '5-1', '5-2', '5-3', '5-4', 'skew', 'kurtosis', 'regression'],
]
interface Component {
  code: { coding: { code: string }[]; text?: string }
  valueQuantity?: { value: number; code?: string; unit: string }
  dataAbsentReason?: { coding: { code: string }[] }
}
interface Statistics {
  code: { coding: { system?: string; code: string }[] }
  component: Component[]
}
const resultsIn = ({ json }: Answer): Statistics[] =>
  (json.parameter as { name: string; resource: Statistics }[]).flatMap(({ name, resource }) => (name === 'statistics' ? [resource] : []))
/** By code of the statistic, of each the number and its unit. */
const numbers = ({ component }: Statistics): Record<string, [number | undefined, string | undefined][]> => {
  const pairs = component.map(({ code, valueQuantity }) => ({
    name: code.coding[0]?.code ?? '',
    pair: [valueQuantity?.value, valueQuantity?.code ?? valueQuantity?.unit] as [number | undefined, string | undefined],
  }))
  return Object.fromEntries([...Map.groupBy(pairs, ({ name }) => name)].map(([name, all]) => [name, all.map(({ pair }) => pair)]))
}
const ask = (query: string): Promise<Answer> => call('GET', `Observation/$stats?subject=Patient/a&system=urn:s&${query}`)

test('every statistic of one code', async () => {
  const answer = await ask(`code=x&statistic=${ALL.join(',')}`)
  const [only, ...others] = resultsIn(answer)
  expect([answer.status, answer.json.resourceType, others]).toEqual([200, 'Parameters', []])
  expect(only).toMatchObject({ resourceType: 'Observation', status: 'final', subject: { reference: 'Patient/a' } })
  expect(only?.code.coding).toEqual([{ system: 'urn:s', code: 'x' }])
  const unit = 'mmol/L'
  expect(numbers(only as Statistics)).toEqual({
    average: [[5, unit]],
    maximum: [[9, unit]],
    minimum: [[2, unit]],
    count: [[8, '1']],
    // With the four that have no valid value.
    'total-count': [[12, '1']],
    median: [[4.5, unit]],
    // 32 / 7
    variance: [[4.57142857142857, '(mmol/L)²']],
    'std-dev': [[expect.closeTo(2.138089935299395, 12), unit]],
    sum: [[40, unit]],
    '20-percent': [[4, unit]],
    '80-percent': [[6.2, unit]],
    '4-lower': [[4, unit]],
    '4-upper': [[5.5, unit]],
    '4-dev': [[0.75, unit]],
    '5-1': [[4, unit]],
    '5-2': [[4, unit]],
    '5-3': [[5, unit]],
    '5-4': [[6.2, unit]],
    // 8 √7 / 6 × 42 / 32^1.5
    skew: [[expect.closeTo(0.8184875533567997, 12), '1']],
    // 16.8 × 356 / 1024 - 4.9
    kurtosis: [[expect.closeTo(0.940625, 12), '1']],
    // Days 0 to 7: Σ(x - 3.5)(y - 5) = 34 over Σ(x - 3.5)² = 42.
    regression: [
      [expect.closeTo(34 / 42, 12), '(mmol/L)/d'],
      [expect.closeTo(5 - (3.5 * 34) / 42, 12), unit],
    ],
  })
})

test('decimals are exact, and keep their places', async () => {
  const { text } = await ask('code=d&statistic=sum&statistic=maximum&statistic=minimum&statistic=average')
  // Not 6.700000000000001; the mean of 6.70 over three has no end.
  for (const value of ['"value":6.70,', '"value":5.40,', '"value":0.10,', '"value":2.23333333333333,']) expect(text).toContain(value)
})

test('what a sample has no such statistic of is said to be not applicable', async () => {
  const [none, one] = resultsIn(await ask('code=p&coding=urn:s|period&statistic=variance,std-dev,skew,kurtosis,regression,median,4-dev'))
  expect([none?.code.coding[0]?.code, one?.code.coding[0]?.code]).toEqual(['p', 'period'])
  const given = (component: Component[]) => component.flatMap(({ code, valueQuantity }) => (valueQuantity ? [code.coding[0]?.code] : []))
  expect(given(one?.component ?? [])).toEqual(['median', '4-dev'])
  const reasons = one?.component.flatMap(({ dataAbsentReason }) => dataAbsentReason?.coding[0]?.code ?? [])
  expect(reasons).toEqual(Array(6).fill('not-applicable'))
})

test('of a code of which there is nothing there is an answer too', async () => {
  const [only] = resultsIn(await ask(`code=absent&statistic=${ALL.join(',')}`))
  const found = numbers(only as Statistics)
  expect([found.count, found['total-count'], found.sum, found.average]).toEqual([
    [[0, '1']],
    [[0, '1']],
    [[undefined, undefined]],
    [[undefined, undefined]],
  ])
})

test('different units are not reckoned together', async () => {
  const found = resultsIn(await ask('code=units&statistic=average,count,total-count')).map(numbers)
  expect(found.sort((a, b) => (a.count?.[0]?.[0] ?? 0) - (b.count?.[0]?.[0] ?? 0))).toEqual([
    { average: [[5, 'mmol/L']], count: [[1, '1']], 'total-count': [[3, '1']] },
    { average: [[100, 'mg/dL']], count: [[2, '1']], 'total-count': [[3, '1']] },
  ])
})

describe('panels', () => {
  const sums = async (query: string) =>
    resultsIn(await ask(query)).map((one) => [one.code.coding[0]?.code, numbers(one).sum?.[0]?.[0], numbers(one)['total-count']?.[0]?.[0]])

  test('a panel is answered by its parts', async () => {
    expect(await sums('code=panel&statistic=sum,total-count')).toEqual([
      ['sys', 450, 3],
      ['dia', 80, 1],
      ['map', undefined, 1],
    ])
  })

  test('a part by itself, wherever it stands', async () => {
    expect(await sums('code=sys&code=dia&statistic=sum,total-count')).toEqual([
      ['sys', 450, 3],
      ['dia', 80, 1],
    ])
    // Asked for in both ways each is counted once.
    expect(await sums('code=panel,sys&statistic=sum,total-count')).toEqual([
      ['sys', 450, 3],
      ['dia', 80, 1],
      ['map', undefined, 1],
    ])
    expect(await sums('code=sys-local&statistic=sum,total-count')).toEqual([['sys-local', 120, 1]])
  })
})

describe('time and sources', () => {
  const post = (parameter: object[]) =>
    call('POST', 'Observation/$stats', {
      resourceType: 'Parameters',
      parameter: [{ name: 'subject', valueUri: 'Patient/a' }, { name: 'statistic', valueCode: 'sum' }, ...parameter],
    })
  const coding = { name: 'coding', valueCoding: { system: 'urn:s', code: 'x', display: 'X' } }
  const sumOf = (answer: Answer) => numbers(resultsIn(answer)[0] as Statistics).sum?.[0]?.[0]

  test.each<[object, number | undefined]>([
    [{ start: '2024-05-02', end: '2024-05-04' }, 12],
    [{ start: '2024-05-07' }, 16],
    [{ end: '2024-05-01' }, 2],
    [{ start: '2024-05-02T00:00:00Z', end: '2024-05-02T00:00:00Z' }, 4],
    [{ start: '2025' }, undefined],
  ])('period %j', async (valuePeriod, sum) => {
    const answer = await post([coding, { name: 'period', valuePeriod }])
    expect([sumOf(answer), answer.json.parameter[0].resource.effectivePeriod]).toEqual([sum, valuePeriod])
    expect(answer.json.parameter[0].resource.code.coding).toEqual([{ system: 'urn:s', code: 'x', display: 'X' }])
  })

  test('duration: hours until now', async () => {
    const now = new Date(Date.now() - 1_800_000).toISOString()
    await putAll(server, '', [valued('now', 'recent', 1, { effectiveDateTime: now }), valued('old', 'recent', 2, day(1))])
    const sum = async (duration: string) => sumOf(await ask(`code=recent&statistic=sum&duration=${duration}`))
    expect([await sum('1'), await sum('0.25'), await sum('1000000')]).toEqual([1, undefined, 3])
  })

  test('include and limit: the newest of the Observations that it rests on', async () => {
    const sources = ({ json }: Answer) =>
      (json.parameter as { name: string; resource: { id: string } }[]).flatMap(({ name, resource }) =>
        name === 'source' ? [resource.id] : [],
      )
    expect(sources(await ask('code=d&statistic=sum&limit=1'))).toEqual([])
    expect(sources(await ask('code=d&statistic=sum&include=false&limit=0'))).toEqual([])
    expect(sources(await ask('code=d&statistic=sum&include=true')).sort()).toEqual(['d0', 'd1', 'd2'])
    expect(sources(await ask('code=x&statistic=sum&include=true&limit=2'))).toEqual(['x7', 'x6'])
    expect((await ask('code=d&statistic=sum&include=true')).text).toContain('"value":5.40,')
  })
})

test.each([
  ['system=urn:s&code=x&statistic=sum', 'parameter-missing', 'subject'],
  ['subject=Patient/a&code=x&statistic=sum', 'parameter-missing', 'system'],
  ['subject=Patient/a&statistic=sum', 'parameter-missing', 'code'],
  ['subject=Patient/a&system=urn:s&code=x', 'parameter-missing', 'statistic'],
  ['subject=a&system=urn:s&code=x&statistic=sum', 'parameter-invalid', 'subject'],
  ['subject=Patient?name=x&system=urn:s&code=x&statistic=sum', 'parameter-invalid', 'subject'],
  ['subject=Patient/a&subject=Patient/b&system=urn:s&code=x&statistic=sum', 'parameter-repeated', 'subject'],
  ['subject=Patient/a&system=urn:s&code=x&statistic=mode', 'parameter-invalid', 'statistic'],
  ['subject=Patient/a&coding=x&statistic=sum', 'parameter-invalid', 'coding'],
  ['subject=Patient/a&system=urn:s&code=x&statistic=sum&duration=0', 'parameter-invalid', 'duration'],
  ['subject=Patient/a&system=urn:s&code=x&statistic=sum&duration=1&period=x', 'parameter-invalid', 'period'],
  ['subject=Patient/a&system=urn:s&code=x&statistic=sum&period=2024', 'parameter-invalid', 'period'],
  ['subject=Patient/a&system=urn:s&code=x&statistic=sum&include=yes', 'parameter-invalid', 'include'],
  ['subject=Patient/a&system=urn:s&code=x&statistic=sum&include=true&limit=0', 'parameter-invalid', 'limit'],
])('%s is refused', async (query, code, expression) => {
  const answer = await call('GET', `Observation/$stats?${query}`)
  expect([answer.status, codeOf(answer), answer.json.issue[0].expression]).toEqual([400, code, [expression]])
})
