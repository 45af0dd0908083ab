/** Leak catalogue L01-L06, L12, L13, L19-L22, L48, L49: what a search tells besides its matches. */
import { describe, expect, test } from '@jest/globals'
import { BROAD, condition, custody, encounter, give, idsIn, observation } from '../consent/resources.ts'
import type { Answer } from '../support/server.ts'
import { asAbsent, codeOf, sameInBoth, setting, type World } from './worlds.ts'

const value = (of: number): object => ({ valueQuantity: { value: of, unit: 'g', system: 'http://unitsofmeasure.org', code: 'g' } })
const inVisit = (w: World): object => ({ encounter: { reference: `Encounter/shared-${w}` } })

const held = setting(
  (w) => [
    encounter(`shared-${w}`, `p1-${w}`, 'H1', 'Practitioner/doc-1'),
    ...[1, 3, 5, 7, 9, 11].map((of) => observation(`o${of}-${w}`, `p1-${w}`, `lab-${w}`, { ...value(of), ...inVisit(w) })),
    condition(`c1-${w}`, `p1-${w}`, `diagnosis-${w}`),
  ],
  (w) => [
    // Sorted among the visible ones by value and by id, and more than a page of them in front.
    ...[0, 2, 4, 6, 8].map((of) => observation(`h${of}-${w}`, `p2-${w}`, `lab-${w}`, { ...value(of), ...inVisit(w) })),
    ...Array.from({ length: 30 }, (_, at) => observation(`a${at}-${w}`, `p2-${w}`, `lab-${w}`, { ...value(-at) })),
    condition(`h1-${w}`, `p2-${w}`, `diagnosis-${w}`, { meta: custody('H1', 'HIV') }),
  ],
)

const search = (query: string, type = 'Observation') => sameInBoth(held, (w) => `/fhir/${type}?${query.replaceAll('{w}', w)}`)
const totalOf = async (query: string, type?: string): Promise<number> => (await search(query, type)).json.total

describe('totals', () => {
  test.each([
    ['L01 total', 'code=lab-{w}'],
    ['L01 accurate total', 'code=lab-{w}&_total=accurate'],
    ['L02 summary count', 'code=lab-{w}&_summary=count'],
    ['L02 count of none', 'code=lab-{w}&_count=0'],
    ['L03 estimate', 'code=lab-{w}&_total=estimate'],
    ['L05 a page smaller than what is hidden', 'code=lab-{w}&_count=5'],
  ])('%s counts what is visible', async (_name, query) => {
    expect(await totalOf(query)).toBe(6)
  })

  test.each([
    'value-quantity=gt3',
    'value-quantity=lt1',
    'value-quantity=2',
    'date=2024-05-01',
    'patient=p2-{w}',
    '_id=h2-{w}',
    'status=final',
  ])('L01 no criterion tells: %s', async (criterion) => {
    await search(`code=lab-{w}&${criterion}`)
  })
})

describe('L04 order', () => {
  test.each([
    '_sort=value-quantity',
    '_sort=-value-quantity',
    '_sort=_id',
    '_sort=-_id',
    '_sort=date,_id',
    '_sort=-_lastUpdated',
    '_sort=combo-code,-patient,combo-value-quantity',
  ])('%s has the same order and page limits', async (sort) => {
    const answer = await search(`code=lab-{w}&${sort}&_count=4`)
    expect(idsIn(answer)).toHaveLength(4)
    expect(answer.json.link.map(({ relation }: { relation: string }) => relation)).toEqual(['self', 'next'])
  })
})

describe('pages', () => {
  test('L05 are full, and none is empty with a next one', async () => {
    const pages: number[] = []
    let path: string | undefined = '/fhir/Observation?code=lab-a&_sort=value-quantity&_count=5'
    while (path) {
      const answer: Answer = await held.server.call('GET', path, { token: held.doctor })
      pages.push(idsIn(answer).length)
      const next = (answer.json.link as { relation: string; url: string }[]).find(({ relation }) => relation === 'next')?.url
      path = next?.slice(held.server.url.length)
    }
    expect(pages).toEqual([5, 1])
  })

  test('L06 page tokens hold nothing that can be read', async () => {
    const answer = await search('code=lab-{w}&_sort=value-quantity&_count=2')
    const token = /_page=([\w-]+)/.exec(answer.text)?.[1] ?? ''
    const plain = Buffer.from(token, 'base64url').toString('latin1')
    for (const name of ['lab-a', 'h2-a', 'o3-a', 'Observation', 'value-quantity']) expect(plain).not.toContain(name)
  })
})

describe('L12 include and revinclude', () => {
  test('bring what is visible only', async () => {
    const forward = await search('code=lab-{w}&_include=Observation:subject&_include=Observation:encounter')
    expect(idsIn(forward, 'include').sort()).toEqual(['Encounter/shared-a', 'Patient/p1-a'])
    const backward = await search('_id=shared-{w}&_revinclude=Observation:encounter', 'Encounter')
    expect(idsIn(backward, 'include')).toHaveLength(6)
  })

  test('what is hidden is no step on the way', async () => {
    // To the visit, from there to all of it: the hidden ones of another person stand there too, and that person behind them.
    const iterated = ['_include=Observation:encounter', '_revinclude:iterate=Observation:encounter', '_include:iterate=Observation:subject']
    const answer = await search(`_id=o1-{w}&${iterated.join('&')}`)
    expect(idsIn(answer, 'include').sort()).toEqual([
      'Encounter/shared-a',
      ...['o11-a', 'o3-a', 'o5-a', 'o7-a', 'o9-a'].map((id) => `Observation/${id}`),
      'Patient/p1-a',
    ])
  })

  test.each([
    '_include:iterate=Observation:encounter',
    '_include:iterate=*',
    '_include=*',
    '_revinclude=*',
    '_include:iterate=*&_revinclude:iterate=Observation:patient',
  ])('%s tells the same in both worlds', async (include) => {
    await search(`code=lab-{w}&${include}`)
  })

  test('do not open what is hidden as a match', async () => {
    await asAbsent(held, (id) => `/fhir/Observation?_id=${id}&_include=Observation:subject`, { hidden: 'h2-a', absent: 'h9-a' })
    await asAbsent(held, (id) => `/fhir/Patient?_id=${id}&_revinclude=Observation:subject`, { hidden: 'p2-a', absent: 'p9-a' })
  })
})

test.each(['_contained:exact=true', '_query=x'])('L13, L19 %s is refused', async (parameter) => {
  const [name = '', text = ''] = parameter.split('=')
  const answer = await search(`${name}=${encodeURIComponent(text)}`)
  expect([answer.status, codeOf(answer)]).toEqual([400, 'parameter-unsupported'])
})

test('L13 a contained patient makes the resource one about somebody unnamed', async () => {
  const contained = [{ resourceType: 'Patient', id: 'who', name: [{ text: '李四' }] }]
  const body = observation('contained-1', 'p1-a', 'contained', { contained, subject: { reference: '#who' } })
  const put = await held.server.call('PUT', '/fhir/Observation/contained-1', { token: held.loader, body })
  expect(put.status).toBe(201)
  await asAbsent(held, (id) => `/fhir/Observation/${id}`, { hidden: 'contained-1', absent: 'contained-9' })
})

describe('the masked form', () => {
  const masked = (path: string) => held.server.call('GET', path, { token: held.researcher })

  test.each([
    'Patient?identifier=1',
    'Patient?name=x',
    'Patient?birthdate=1958',
    'Observation?patient=p1-a',
    'Observation?_id=o1-a',
    'Observation?date=2024',
  ])('L20 %s cannot be searched by', async (query) => {
    const answer = await masked(`/fhir/${query}`)
    expect([answer.status, codeOf(answer)]).toEqual([403, 'parameter-forbidden'])
  })

  test.each(['Patient?_sort=birthdate', 'Observation?_sort=date', 'Observation?_sort=patient'])(
    'L21 %s cannot be sorted by',
    async (query) => {
      expect((await masked(`/fhir/${query}`)).status).toBeGreaterThanOrEqual(400)
    },
  )

  test('L22 no projection brings back what is masked', async () => {
    await give(held.server, 'p1-a', BROAD)
    for (const form of [
      '',
      '&_elements=subject,note,identifier,text',
      '&_summary=data',
      '&_summary=text',
      '&_summary=true',
      '&_summary=false',
    ]) {
      const { text, status } = await masked(`/fhir/Observation?code=lab-a${form}`)
      if (status !== 200) continue
      for (const name of ['p1-a', 'o1-a', 'shared-a', '2024-05-01']) expect([form, text.includes(name)]).toEqual([form, false])
    }
    // The time of storing, beside shifted dates, would tell the shift.
    const read = await masked('/fhir/Observation/o1-a')
    const history = await masked('/fhir/Observation/o1-a/_history')
    expect([read.status, read.headers.get('last-modified'), history.text.includes('lastModified')]).toEqual([200, null, false])
    const { text } = await masked('/fhir/Patient?gender=male,female,unknown,other')
    expect(text).not.toContain('名p1-a')
  })
})

describe('L48 labels as criteria', () => {
  test.each([
    '_security=HIV',
    '_security:not=HIV',
    '_tag=x',
    '_profile=x',
    '_source=https://fhir-cn.example/Organization/H1',
    '_lastUpdated=gt2020',
  ])('%s tells the same in both worlds', async (criterion) => {
    await search(`code=diagnosis-{w}&${criterion}`, 'Condition')
  })

  test.each(['acc.s=1', 'acc=1', '_acc=1', 'sd=1', 'keys=x'])('internal field %s is no parameter', async (criterion) => {
    const answer = await search(`code=lab-{w}&${criterion}`)
    expect(answer.status === 400 || answer.json.entry.at(-1).search.mode === 'outcome').toBe(true)
  })
})

test('L49 labels that the server made stand nowhere in the resource', async () => {
  const body = condition('derived-1', 'p1-a', 'x', { code: { coding: [{ system: 'http://hl7.org/fhir/sid/icd-10', code: 'B20' }] } })
  await held.server.call('PUT', '/fhir/Condition/derived-1', { token: held.loader, body })
  const own = await held.server.token('patient-app', { patient: 'p1-a' })
  const answer = await held.server.call('GET', '/fhir/Condition/derived-1', { token: own })
  expect([answer.status, answer.json.meta.security, answer.text.includes('acc')]).toEqual([200, undefined, false])
  expect((await held.server.call('GET', '/fhir/Condition/derived-1', { token: held.doctor })).status).toBe(404)
})
