/** Leak catalogue L23-L28, L50: what holds many resources, and what outlives a withdrawal. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { download, type Exported, exportAll, linesOf } from '../consent/export.ts'
import {
  BROAD,
  comparable,
  condition,
  custody,
  encounter,
  give,
  idsIn,
  NO_SHARING,
  observation,
  patient,
  putAll,
  relabelled,
  withdraw,
} from '../consent/resources.ts'
import { asAbsent, sameInBoth, setting } from './worlds.ts'

const held = setting(
  (w) => [
    ...Array.from({ length: 6 }, (_, at) => observation(`o${at}-${w}`, `p1-${w}`, `lab-${w}`)),
    encounter(`in-p1-${w}`, `p1-${w}`, 'H1', 'Practitioner/doc-1'),
  ],
  (w) => [
    ...Array.from({ length: 4 }, (_, at) => observation(`h${at}-${w}`, `p2-${w}`, `lab-${w}`)),
    condition(`hiv-${w}`, `p1-${w}`, `lab-${w}`, { meta: custody('H1', 'HIV') }),
    condition(`sealed-${w}`, `p1-${w}`, `sealed-${w}`, {
      meta: custody('H1', 'HIV'),
      encounter: { reference: `Encounter/in-p1-${w}` },
    }),
    encounter(`in-p2-${w}`, `p2-${w}`, 'H1', 'Practitioner/doc-1'),
    condition(`psy-${w}`, `p1-${w}`, `lab-${w}`, { code: { coding: [{ system: 'http://hl7.org/fhir/sid/icd-10', code: 'F20' }] } }),
  ],
)
const get = (path: string, token = held.doctor) => held.server.call('GET', path, { token })

describe('L23 $everything', () => {
  test.each(['', '?_type=Observation', '?_since=2020-01-01T00:00:00Z', '?_count=2'])(
    'of who hides everything: as if absent %s',
    async (query) => {
      await asAbsent(held, (id) => `/fhir/Patient/${id}/$everything${query}`, { hidden: 'p2-a', absent: 'p9-a' })
    },
  )

  test.each(['', '?_type=Observation', '?_count=1', '?start=2024-01-01'])('of a hidden Encounter: as if absent %s', async (query) => {
    const start = query.startsWith('?start') ? 400 : 404
    const names = { hidden: 'in-p2-a', absent: 'in-p9-a' }
    expect((await asAbsent(held, (id) => `/fhir/Encounter/${id}/$everything${query}`, names)).status).toBe(start)
  })

  test.each(['', '?_count=1', '?_type=Observation'])(
    'of an Encounter that is seen: no residue of what is hidden in it %s',
    async (query) => {
      const answer = await sameInBoth(held, (w) => `/fhir/Encounter/in-p1-${w}/$everything${query}`)
      expect([answer.status, answer.text.includes('sealed')]).toEqual([200, false])
    },
  )

  test('of the token’s own patient, and of nobody else’s', async () => {
    const own = await held.server.token('patient-app', { patient: 'p2-a' })
    const [by, direct] = [await get('/fhir/Patient/$everything', own), await get('/fhir/Patient/p2-a/$everything', own)]
    expect([by.status, idsIn(by).sort()]).toEqual([200, idsIn(direct).sort()])
    expect(idsIn(by)).toContain('Patient/p2-a')
    expect(idsIn(by).join()).not.toMatch(/p1-/)
    const others = await get('/fhir/Patient/p1-a/$everything', own)
    expect(comparable(others, 'p1-a')).toBe(comparable(await get('/fhir/Patient/p9-a/$everything', own), 'p9-a'))
  })

  test('of all: what the asker finds type by type, and nothing of what is hidden', async () => {
    const all = await get('/fhir/Patient/$everything')
    const types = [...new Set(idsIn(all, 'match').map((name) => name.split('/')[0] ?? ''))]
    const found = await Promise.all(types.map(async (type) => idsIn(await get(`/fhir/${type}?_sort=_id&_count=1000`), 'match')))
    expect([all.status, idsIn(all, 'match')]).toEqual([200, found.flat()])
    expect(types).toEqual(expect.arrayContaining(['Encounter', 'Observation', 'Patient']))
    expect(all.text).not.toMatch(/\bh\d-a|hiv-a|sealed-a|psy-a|in-p2-a/)
    const ofWorld = (w: string) => idsIn(all, 'match').filter((name) => name.endsWith(`-${w}`))
    expect(ofWorld('a').map((name) => name.replace(/a$/, 'b'))).toEqual(ofWorld('b'))
  })

  test('of all: page by page the same, and only for who was given the page', async () => {
    const whole = idsIn(await get('/fhir/Patient/$everything'), 'match')
    const pages: string[] = []
    let next: string | undefined = '/fhir/Patient/$everything?_count=3'
    for (let path: string | undefined = next; path !== undefined; path = next) {
      const page = await get(path)
      expect(page.json.total).toBeUndefined()
      pages.push(...idsIn(page, 'match'))
      const url = page.json.link.find((one: { relation: string }) => one.relation === 'next')?.url
      next = url?.slice(held.server.url.length)
      if (next !== undefined && pages.length === 3) expect((await get(next, held.loader)).status).toBe(400)
    }
    expect(pages).toEqual(whole)
  })

  test('of all: not in a masked form, and not without the scope to search Patients', async () => {
    for (const query of ['', '?_type=Observation', '?_count=1']) {
      const answer = await get(`/fhir/Patient/$everything${query}`, held.researcher)
      expect([answer.status, answer.text.includes('Observation/')]).toEqual([403, false])
    }
    for (const scope of ['system/Patient.r system/Observation.rs', 'system/Observation.rs', 'system/Patient.s']) {
      const token = await held.server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2', scope })
      expect([scope, (await get('/fhir/Patient/$everything', token)).status]).toEqual([scope, 403])
    }
    const token = await held.server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2', scope: 'system/Patient.rs' })
    expect(idsIn(await get('/fhir/Patient/$everything', token)).every((name) => name.startsWith('Patient/'))).toBe(true)
  })

  test('of all: an operator gets no data of patients', async () => {
    const answer = await get('/fhir/Patient/$everything', held.loader)
    expect(idsIn(answer).filter((name) => /^(?:Patient|Observation|Condition|Encounter)\//.test(name))).toEqual([])
  })

  test('of all: it stands in the account of each whose data are in it', async () => {
    const own = await Promise.all(['p1-a', 'p1-b'].map((patient) => held.server.token('patient-app', { patient })))
    const account = () =>
      Promise.all(own.map(async (token) => (await get('/fhir/AuditEvent?subtype=everything&_summary=count', token)).json.total))
    const before = await account()
    await get('/fhir/Patient/$everything?_type=Observation')
    expect(await account()).toEqual(before.map((count) => count + 1))
  })

  test('each of them stands in the account of uses', async () => {
    const own = await held.server.token('patient-app', { patient: 'p1-a' })
    const account = async () => (await get('/fhir/AuditEvent?subtype=everything&_summary=count', own)).json.total
    const before = await account()
    await get('/fhir/Encounter/in-p1-a/$everything')
    await get('/fhir/Patient/p1-a/$everything?start=2024-01-01')
    await get('/fhir/Patient/$everything', own)
    expect(await account()).toBe(before + 3)
  })

  test('in a masked form no time of care may be asked for', async () => {
    for (const name of ['start', 'end', '_since']) {
      const answer = await get(`/fhir/Patient/p1-a/$everything?${name}=2024-05-01`, held.researcher)
      expect([name, answer.status, answer.json.issue[0].expression]).toEqual([name, 403, [name]])
    }
  })

  test.each(['', '?_type=Condition', '?_count=3', '?start=2024-05-01&end=2024-05-01'])(
    'of who shows a part: no residue of the rest %s',
    async (query) => {
      const answer = await sameInBoth(held, (w) => `/fhir/Patient/p1-${w}/$everything${query}`)
      expect(answer.text).not.toMatch(/hiv-a|psy-a/)
    },
  )
})

describe('L24-L26 export', () => {
  let researcher: string
  let run: Exported
  let before: string[]
  let consent: Record<string, unknown> & { id: string }
  beforeAll(async () => {
    consent = await give(held.server, 'p1-a', BROAD)
    researcher = await held.server.token('researcher', { data_form: 'PSEUD', research_study: 'study-1' })
    run = await exportAll(held.server, researcher, '/fhir/$export?_type=Observation,Condition,Patient')
    before = await linesOf(held.server, researcher, run)
  })

  test('L24 has the lines of who consented, without the labels that need a name', () => {
    const codes = before.map((line) => JSON.parse(line).code?.coding[0].code)
    expect([before.length, codes.filter((code) => code === 'lab-a').length]).toEqual([7, 6])
    expect(before.join()).not.toMatch(/p1-a|p2-a|F20|2024-05-01/)
  })

  test('L24 the export of all patients has no other', async () => {
    const exported = await exportAll(held.server, researcher, '/fhir/Patient/$export?_type=Observation')
    expect(await linesOf(held.server, researcher, exported)).toHaveLength(6)
  })

  test('L27 a Group is exported to who sees its members only', async () => {
    const member = ['p1-a', 'p2-a'].map((id) => ({ entity: { reference: `Patient/${id}` } }))
    await putAll(held.server, held.loader, [
      { resourceType: 'Group', id: 'all-1', meta: custody('H1'), type: 'person', actual: true, member },
    ])
    const headers = { Prefer: 'respond-async' }
    const ask = (group: string) => held.server.call('GET', `/fhir/Group/${group}/$export?_type=Observation`, { token: researcher, headers })
    const [refused, absent] = [await ask('all-1'), await ask('all-9')]
    expect([refused.status, comparable(refused)]).toEqual([403, comparable(absent)])
    const engine = await held.server.token('h1-engine')
    const exported = await exportAll(held.server, engine, '/fhir/Group/all-1/$export?_type=Observation')
    expect(await linesOf(held.server, engine, exported)).toHaveLength(10)
  })

  test('L25 anothers job is absent: status, file, deletion', async () => {
    const other = await held.server.token('pharma', { data_form: 'PSEUD', research_study: 'study-1' })
    const paths = [run.status, ...run.files]
    const id = run.status.split('/').at(-1) ?? ''
    const none = '00000000-0000-4000-8000-000000000000'
    for (const [method, token] of [
      ['GET', other],
      ['DELETE', other],
      ['GET', held.doctor],
    ] as const) {
      for (const path of paths) {
        const ask = (at: string) => held.server.call(method, at, { token })
        expect(comparable(await ask(path), id)).toBe(comparable(await ask(path.replace(id, none)), none))
      }
    }
    const sameClient = await held.server.token('researcher', { data_form: 'PSEUD', research_study: 'study-2' })
    for (const file of run.files) expect((await download(held.server, sameClient, file)).status).toBe(404)
    const narrow = await held.server.token('researcher', { data_form: 'PSEUD', research_study: 'study-1', scope: 'system/Patient.rs' })
    expect((await get(run.files.find((file) => file.includes('Observation')) ?? '', narrow)).status).toBe(403)
    expect((await get(run.status, researcher)).status).toBe(200)
  })

  test('L18 a line of a version about somebody else is not handed out', async () => {
    await putAll(held.server, held.loader, [patient('p3-a'), observation('turn-1', 'p3-a', 'turned')])
    const given = await give(held.server, 'p3-a', BROAD)
    const turned = await exportAll(held.server, researcher, '/fhir/$export?_type=Observation')
    const count = async () => (await linesOf(held.server, researcher, turned)).filter((line) => line.includes('turned')).length
    expect(await count()).toBe(1)
    await putAll(held.server, held.loader, [observation('turn-1', 'p1-a', 'turned')])
    expect(await count()).toBe(1)
    await withdraw(held.server, 'p3-a', given)
    expect(await count()).toBe(0)
  })

  test('L26 after the withdrawal the same files are empty of the patient, a part of them too', async () => {
    await withdraw(held.server, 'p1-a', consent)
    expect(await linesOf(held.server, researcher, run)).toEqual([])
    for (const file of run.files) {
      const part = await held.server.call('GET', file, {
        token: researcher,
        headers: { Accept: 'application/fhir+ndjson', Range: 'bytes=0-400' },
      })
      expect([part.status, part.text]).toEqual([200, ''])
    }
  })
})

describe('L27 groups', () => {
  const member = (w: string) => [
    { entity: { reference: `Patient/p1-${w}` } },
    ...(w === 'a' ? [{ entity: { reference: 'Patient/p2-a' } }] : []),
  ]
  beforeAll(() =>
    putAll(
      held.server,
      held.loader,
      ['a', 'b'].map((w) => ({
        resourceType: 'Group',
        id: `cohort-${w}`,
        meta: custody('H1'),
        type: 'person',
        actual: true,
        quantity: member(w).length,
        member: member(w),
      })),
    ),
  )

  test('are their makers; nobody else learns members or number', async () => {
    await asAbsent(held, (id) => `/fhir/Group/${id}`, { hidden: 'cohort-a', absent: 'cohort-z' })
    for (const query of ['member=Patient/p2-{w}', '_id=cohort-{w}', 'actual=true'])
      await sameInBoth(held, (w) => `/fhir/Group?${query.replace('{w}', w)}`)
    await sameInBoth(
      held,
      (w) => `/fhir/Group?member=Patient/p2-${w}`,
      () => ({ token: held.researcher }),
    )
    const masked = await get('/fhir/Group/cohort-a', held.researcher)
    expect([masked.json?.member, masked.json?.quantity]).toEqual([undefined, undefined])
  })
})

describe('L28 what is put together of several persons', () => {
  const section = (...ids: string[]) => [{ title: '检验', entry: ids.map((id) => ({ reference: `Observation/${id}` })) }]
  const wholes = (subject: string, ids: string[], w: string): object[] => [
    {
      resourceType: 'Composition',
      id: `comp-${w}`,
      meta: custody('H1'),
      status: 'final',
      type: { text: 'x' },
      subject: { reference: `Patient/${subject}` },
      date: '2024-05-01',
      author: [{ reference: 'Practitioner/doc-1' }],
      title: '病历摘要',
      section: section(...ids),
    },
    {
      resourceType: 'List',
      id: `list-${w}`,
      meta: custody('H1'),
      status: 'current',
      mode: 'working',
      entry: [{ item: { reference: `Patient/${subject}` } }, { item: { reference: 'Patient/p2-a' } }],
    },
    {
      resourceType: 'Bundle',
      id: `bundle-${w}`,
      meta: custody('H1'),
      type: 'collection',
      entry: [{ resource: observation('in-1', subject, 'bundled') }, { resource: observation('in-2', 'p2-a', 'bundled') }],
    },
  ]
  beforeAll(() => putAll(held.server, held.loader, wholes('p1-a', ['o0-a'], 'x')))

  test('a document of visible parts is visible', async () => {
    expect((await get('/fhir/Composition/comp-x')).status).toBe(200)
  })

  test('a document is hidden with a part that was moved to somebody who hides it', async () => {
    await putAll(held.server, held.loader, [observation('moved-1', 'p1-a', 'lab-moved'), ...wholes('p1-a', ['moved-1'], 'y').slice(0, 1)])
    expect((await get('/fhir/Composition/comp-y')).status).toBe(200)
    await putAll(held.server, held.loader, [observation('moved-1', 'p2-a', 'lab-moved')])
    await asAbsent(held, (id) => `/fhir/Composition/${id}`, { hidden: 'comp-y', absent: 'comp-z' })
    await putAll(held.server, held.loader, [observation('moved-1', 'p1-a', 'lab-moved')])
    expect((await get('/fhir/Composition/comp-y')).status).toBe(200)
  })

  test.each([
    ['List', 'list-x', 'list-z'],
    ['Bundle', 'bundle-x', 'bundle-z'],
  ])('a %s with a part of somebody who hides it is hidden as a whole', async (type, hidden, absent) => {
    await asAbsent(held, (id) => `/fhir/${type}/${id}`, { hidden, absent })
    await asAbsent(held, (id) => `/fhir/${type}?_id=${id}`, { hidden, absent })
  })
})

test('L50 a page link opens what is permitted now, and for nobody else', async () => {
  const first = await get('/fhir/Observation?code=lab-a&_count=2&_sort=_id')
  const next = (first.json.link as { relation: string; url: string }[]).find(({ relation }) => relation === 'next')?.url ?? ''
  const path = next.slice(held.server.url.length)
  expect(idsIn(await get(path))).toHaveLength(2)
  const consent = await give(held.server, 'p1-a', NO_SHARING)
  const after = await get(path)
  expect([after.status, after.json.total, idsIn(after)]).toEqual([200, 0, []])
  await withdraw(held.server, 'p1-a', consent)
  await relabelled(held.server)
  expect(idsIn(await get(path))).toHaveLength(2)
  const other = await held.server.token('h1-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-1' })
  expect((await get(path, other)).status).toBe(400)
  expect((await get(`${path.slice(0, -4)}AAAA`)).status).toBe(400)
  expect((await get(path.replace('/Observation?', '/Condition?'))).status).toBe(400)
})
