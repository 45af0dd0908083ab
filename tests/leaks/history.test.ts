/** Leak catalogue L17, L18: the history of a type and of the system tells nothing of what is hidden now, or was then. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { custody, give, NOTHING, observation, putAll, relabelled, withdraw } from '../consent/resources.ts'
import type { Answer } from '../support/server.ts'
import { codeOf, neutral, setting, WORLDS, type World } from './worlds.ts'

/** Of each world a type of its own, so that its histories can be compared. */
const TYPE = { a: 'Observation', b: 'Procedure' } as const
const event = (w: World, id: string, subject: string, meta = custody('H1')): object => {
  if (w === 'a') return observation(`${id}-${w}`, `${subject}-${w}`, `lab-${w}`, { meta })
  const { code, subject: about } = observation('x', `${subject}-${w}`, `lab-${w}`) as { code: object; subject: object }
  return { resourceType: 'Procedure', id: `${id}-${w}`, meta, status: 'completed', code, subject: about }
}
const held = setting((w) => [event(w, 'open1', 'p1'), event(w, 'open2', 'p1')])
const HIV = custody('H1', 'HIV')

beforeAll(async () => {
  const put = (...resources: object[]) => putAll(held.server, held.loader, resources)
  for (const w of WORLDS) {
    await put(event(w, 'open1', 'p1', custody('H3')))
    if (w === 'b') continue
    // Only here: of a hidden patient, of a hidden label, visible once and hidden since, deleted.
    await put(event(w, 'hid1', 'p2'), event(w, 'hid2', 'p1', HIV), event(w, 'late', 'p1'), event(w, 'gone', 'p2'))
    await put(event(w, 'late', 'p1', HIV))
    await held.server.call('DELETE', `/fhir/Observation/gone-${w}`, { token: held.loader })
  }
})

const get = (path: string, token = held.doctor): Promise<Answer> => held.server.call('GET', `/fhir/${path}`, { token })
/** Without what differs by the worlds' types. */
const shape = (answer: Answer): string =>
  JSON.stringify(
    ((JSON.parse(neutral(answer).slice(neutral(answer).indexOf('{'))).entry ?? []) as { fullUrl: string; request: object }[]).map(
      ({ fullUrl, request }) => [fullUrl, request],
    ),
  ).replace(/Observation|Procedure/g, '[type]')

const PATHS = (w: World): string[] => [`${TYPE[w]}/_history`, `_history?_type=${TYPE[w]}`]
const QUERIES = ['', '_count=1', '_count=2', '_since=2020-01-01', `_at=${new Date().toISOString().slice(0, 10)}`, '_summary=true']

describe.each([0, 1])('both worlds: path %d', (at) => {
  test.each(QUERIES)('tell the same: %s', async (query) => {
    const [a, b] = await Promise.all(
      WORLDS.map((w) => {
        const path = PATHS(w)[at] ?? ''
        return get(query === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`)
      }),
    )
    if (!a || !b) throw new Error('two worlds')
    expect([a.status, shape(a)]).toEqual([b.status, shape(b)])
    expect([a.json.total, a.json.link.length]).toEqual([b.json.total, b.json.link.length])
    expect(a.text).not.toMatch(/hid1|hid2|late|gone|p2-a/)
    if (query === '' || query.startsWith('_since')) expect([a.json.total, a.json.entry.length]).toEqual([3, 3])
  })
})

test('pages end with the last visible version', async () => {
  const found: string[] = []
  let next: string | undefined = 'Observation/_history?_count=1'
  while (next !== undefined) {
    const page: Answer = await get(next)
    expect(page.json.entry).toHaveLength(1)
    found.push(page.json.entry[0].resource.id)
    const link = (page.json.link as { relation: string; url: string }[]).find(({ relation }) => relation === 'next')
    next = link?.url.slice(`${held.server.url}/fhir/`.length)
  }
  // The first two came at one time: by id.
  expect(found).toEqual(['open1-a', 'open1-a', 'open2-a'])
})

test('a type of which only hidden ones are there is as one of which nothing is', async () => {
  await putAll(held.server, held.loader, [
    {
      resourceType: 'Flag',
      id: 'flag-1',
      meta: custody('H1'),
      status: 'active',
      code: { text: 'x' },
      subject: { reference: 'Patient/p2-a' },
    },
  ])
  const [hidden, absent] = [await get('Flag/_history'), await get('Goal/_history')]
  expect(neutral(hidden).replaceAll('Flag', 'Goal')).toBe(neutral(absent))
  expect((await get('Flag/_history', await held.server.token('h1-engine'))).json.total).toBe(1)
})

test('a version about somebody else is not there', async () => {
  await putAll(held.server, held.loader, [observation('moved', 'p2-b', 'moved')])
  await putAll(held.server, held.loader, [observation('moved', 'p1-b', 'moved')])
  const answer = await get('Observation/_history?_count=500')
  const versions = answer.json.entry.filter(({ fullUrl }: { fullUrl: string }) => fullUrl.endsWith('/moved'))
  expect(versions.map(({ response }: { response: { etag: string } }) => response.etag)).toEqual(['W/"2"'])
  expect(answer.text).not.toContain('p2-b')
})

test('_at does not tell when a hidden version was written', async () => {
  const put = (subject: string) => putAll(held.server, held.loader, [observation('between', subject, 'between')])
  await put('p1-b')
  await put('p2-b')
  const while2 = new Date(Date.now() + 1).toISOString()
  await new Promise((resolve) => setTimeout(resolve, 10))
  await put('p1-b')
  for (const path of ['Observation/between/_history', 'Observation/_history']) {
    const answer = await get(`${path}?_at=${while2}`)
    const versions = answer.json.entry.filter(({ fullUrl }: { fullUrl: string }) => fullUrl.endsWith('/between'))
    expect([path, versions.map(({ response }: { response: { etag: string } }) => response.etag)]).toEqual([path, ['W/"1"']])
  }
})

test('what was taken away is gone from all of it with the answer', async () => {
  const before = await get('Procedure/_history')
  expect(before.json.total).toBe(3)
  const consent = await give(held.server, 'p1-b', NOTHING)
  for (const path of PATHS('b')) expect((await get(path)).json).toMatchObject({ type: 'history', total: 0 })
  await withdraw(held.server, 'p1-b', consent)
  await relabelled(held.server)
  expect((await get('Procedure/_history')).json.total).toBe(3)
})

test('in a masked form there is none, whatever stands', async () => {
  for (const path of ['Observation/_history', '_history', 'Medication/_history', '_history?_type=Medication'])
    expect([path, (await get(path, held.researcher)).status, codeOf(await get(path, held.researcher))]).toEqual([
      path,
      403,
      'not-permitted',
    ])
})

describe('scopes', () => {
  test('to read alone is not enough, nor that of another type', async () => {
    for (const [scope, path, status] of [
      ['system/Observation.r', 'Observation/_history', 403],
      ['system/Observation.s', 'Observation/_history', 200],
      ['system/Observation.s', 'Patient/_history', 403],
      ['system/Observation.rs', '_history?_type=Observation,Patient', 403],
      ['system/Observation.r', '_history', 403],
    ] as const) {
      const token = await held.server.token('h1-engine', { scope })
      expect([scope, path, (await get(path, token)).status]).toEqual([scope, path, status])
    }
  })

  test('without types, those of the token', async () => {
    const answer = await get('_history?_count=500', await held.server.token('h1-engine', { scope: 'system/Procedure.s' }))
    const types = (answer.json.entry as { fullUrl: string }[]).map(({ fullUrl }) => fullUrl.split('/').at(-2))
    // The other one is another hospital's by now.
    expect(types).toEqual(['Procedure'])
  })
})

describe('the account of uses', () => {
  test.each([
    ['Procedure/_history', 'history-type'],
    ['_history?_type=Procedure', 'history-system'],
  ])('has %s with whose versions were answered', async (path, subtype) => {
    await get(path)
    for (const [patient, total] of [
      ['p1-b', 1],
      ['p2-b', 0],
    ] as const) {
      const own = await held.server.token('patient-app', { patient })
      const account = await get(`AuditEvent?subtype=${subtype}&entity=Procedure/open1-b&_count=1&_sort=-date`, own)
      expect([patient, (account.json.entry ?? []).length]).toEqual([patient, total])
    }
  })

  test('and who stands behind the page, of whom the next link tells', async () => {
    const engine = await held.server.token('h1-engine')
    await putAll(held.server, held.loader, [observation('older', 'p2-a', 'x')])
    await putAll(held.server, held.loader, [observation('newer', 'p1-a', 'x')])
    expect((await get('Observation/_history?_count=1', engine)).json.entry[0].resource.id).toBe('newer')
    const own = await held.server.token('patient-app', { patient: 'p2-a' })
    expect((await get('AuditEvent?subtype=history-type&entity=Observation/older', own)).json.total).toBe(1)
  })
})
