/** Four askers at three moments, and every way to ask: what is hidden answers byte by byte as what is absent. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { TokenParameters } from '../../server/auth/request-token.ts'
import { type Answer, type CallOptions, startTestServer, type TestServer } from '../support/server.ts'
import { download, type Exported, exportAll, linesOf } from './export.ts'
import {
  BROAD,
  comparable,
  encounter,
  give,
  idsIn,
  INSURER,
  NO_SHARING,
  observation,
  patient,
  practitioner,
  putAll,
  relabelled,
  study,
  withdraw,
} from './resources.ts'

const P = 'person-1'
const H = 'finding-1'
const CODE = 'code-1'
const VISIT = 'visit-11'
/** As long as the names above, and nowhere stored. */
const ABSENT = { [P]: 'person-z', [H]: 'finding-z', [CODE]: 'code-z', [VISIT]: 'visit-zz' }

type Asker = 'clinician' | 'insurer' | 'researcher' | 'patient'
type Moment = 'before' | 'given' | 'withdrawn'

const ASKERS: Record<Asker, { client: string; parameters: TokenParameters; visible: readonly Moment[] }> = {
  clinician: {
    client: 'h2-ward',
    parameters: { purpose_of_use: 'TREAT', user: 'Practitioner/doctor-2' },
    visible: ['before', 'withdrawn'],
  },
  insurer: { client: 'insurer', parameters: { purpose_of_use: 'HPAYMT', data_form: 'IDENT' }, visible: ['given'] },
  researcher: { client: 'researcher', parameters: { data_form: 'PSEUD', research_study: 'study-1' }, visible: ['given'] },
  patient: { client: 'patient-app', parameters: { patient: P }, visible: ['before', 'given', 'withdrawn'] },
}

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  const loader = await server.token('loader')
  const seen = { encounter: { reference: `Encounter/${VISIT}` } }
  await putAll(server, loader, [
    practitioner('doctor-1'),
    practitioner('doctor-2'),
    study('study-1'),
    patient(P),
    encounter(VISIT, P, 'H1', 'Practitioner/doctor-1'),
    encounter('visit-h2', P, 'H2', 'Practitioner/doctor-2'),
    observation(H, P, CODE, seen),
  ])
  // A second version, so that there is a history to ask for.
  await putAll(server, loader, [observation(H, P, CODE, { ...seen, note: [{ text: '复核' }] })])
})
afterAll(() => server.stop())

/** A question is about the stored names; the same question about names that nothing has is its measure. */
interface Question {
  name: string
  path: string
  call?: CallOptions & { method?: string }
  /** what an answer that shows the resource looks like */
  shows(answer: Answer, asker: Asker): boolean
}

const inSearch = (answer: Answer): boolean => answer.status === 200 && answer.json.total >= 1 && idsIn(answer, 'match').length === 1
const byType = (answer: Answer, type: string): boolean => idsIn(answer, 'include').some((name) => name.startsWith(`${type}/`))

const QUESTIONS: Question[] = [
  { name: 'read', path: `/fhir/Observation/${H}`, shows: ({ status }) => status === 200 },
  { name: 'head', path: `/fhir/Observation/${H}`, call: { method: 'HEAD' }, shows: ({ status }) => status === 200 },
  { name: 'search', path: `/fhir/Observation?code=${CODE}`, shows: inSearch },
  { name: 'total', path: `/fhir/Observation?code=${CODE}&_total=accurate&_count=0`, shows: ({ json }) => json.total === 1 },
  { name: 'count', path: `/fhir/Observation?code=${CODE}&_summary=count`, shows: ({ json }) => json.total === 1 },
  { name: 'estimate', path: `/fhir/Observation?code=${CODE}&_total=estimate`, shows: ({ json }) => json.total === 1 },
  {
    name: 'include',
    path: `/fhir/Observation?code=${CODE}&_include=Observation:encounter`,
    shows: (answer) => inSearch(answer) && byType(answer, 'Encounter'),
  },
  {
    name: 'revinclude',
    path: `/fhir/Encounter?_id=${VISIT}&_revinclude=Observation:encounter`,
    shows: (answer, asker) => (asker === 'researcher' ? answer.status === 403 : inSearch(answer) && byType(answer, 'Observation')),
  },
  { name: 'history', path: `/fhir/Observation/${H}/_history`, shows: ({ status, json }) => status === 200 && json.entry.length === 2 },
  { name: 'vread', path: `/fhir/Observation/${H}/_history/1`, shows: ({ status }) => status === 200 },
  { name: 'several types', path: `/fhir?_type=Condition,Observation&code=${CODE}`, shows: inSearch },
  {
    name: 'count of several types',
    path: `/fhir?_type=Condition,Observation&code=${CODE}&_summary=count`,
    shows: ({ json }) => json.total === 1,
  },
  {
    name: 'compartment',
    path: `/fhir/Patient/${P}/Observation?code=${CODE}`,
    shows: (answer, asker) => (asker === 'researcher' ? answer.status === 403 : inSearch(answer)),
  },
  {
    name: 'all of a compartment',
    path: `/fhir/Encounter/${VISIT}/*`,
    shows: (answer, asker) => (asker === 'researcher' ? answer.status === 403 : idsIn(answer).includes(`Observation/${H}`)),
  },
  {
    name: 'everything of a visit',
    path: `/fhir/Encounter/${VISIT}/$everything`,
    shows: ({ status, json }) => status === 200 && json.total === 2,
  },
  { name: 'everything', path: `/fhir/Patient/${P}/$everything`, shows: ({ status, json }) => status === 200 && json.entry.length >= 2 },
]

async function asked({ path, call = {} }: Question, token: string): Promise<[stored: Answer, absent: Answer]> {
  const { method = 'GET', ...options } = call
  const other = Object.entries(ABSENT).reduce((text, [name, absent]) => text.replaceAll(name, absent), path)
  return Promise.all([server.call(method, path, { ...options, token }), server.call(method, other, { ...options, token })])
}

/** The same name for what was asked for, whichever it was. */
const measured = (answer: Answer, names: readonly string[]): string => comparable(answer, ...names)
const STORED = Object.keys(ABSENT)
const MISSING = Object.values(ABSENT)

/** Exports of the moment in which the asker saw the resource, fetched again when it no longer does. */
const exported = new Map<Asker, Exported>()

function questionsAt(moment: Moment): void {
  describe.each(Object.entries(ASKERS))(`${moment}: %s`, (name, { client, parameters, visible }) => {
    const asker = name as Asker
    const isVisible = visible.includes(moment)
    let token: string
    beforeAll(async () => {
      token = await server.token(client, parameters)
    })

    test.each(QUESTIONS.map((question) => [question.name, question] as const))(
      `%s ${isVisible ? 'shows' : 'hides'}`,
      async (_n, question) => {
        const [stored, absent] = await asked(question, token)
        if (isVisible) expect([question.shows(stored, asker), stored.status]).toEqual([true, stored.status])
        else expect(measured(stored, STORED)).toBe(measured(absent, MISSING))
      },
    )

    test(`history of its type ${isVisible ? 'has' : 'does not have'} it`, async () => {
      for (const path of ['/fhir/Observation/_history?_count=500', '/fhir/_history?_type=Observation&_count=500']) {
        const answer = await server.call('GET', path, { token })
        if (asker === 'researcher') expect(answer.status).toBe(403)
        else
          expect([answer.status, answer.text.split(`"fullUrl":"${server.url}/fhir/Observation/${H}"`).length - 1]).toEqual([
            200,
            isVisible ? 2 : 0,
          ])
      }
    })

    test(`conditional create ${isVisible ? 'finds' : 'does not find'} it`, async () => {
      const body = observation('x', P, 'written-here', { id: undefined, meta: undefined })
      const call = (code: string) =>
        server.call('POST', '/fhir/Observation', { token, body, headers: { 'If-None-Exist': `code=${code}&patient=${P}` } })
      const [stored, absent] = [await call(CODE), await call(ABSENT[CODE] as string)]
      if (asker !== 'clinician') expect([stored.status, comparable(stored)]).toEqual([403, comparable(absent)])
      else if (isVisible) expect([stored.status, stored.json.id]).toEqual([200, H])
      else expect(written(stored)).toBe(written(absent))
    })

    test(`export ${isVisible && asker !== 'patient' ? 'has' : 'does not have'} it`, async () => {
      if (asker === 'patient') {
        const kickOff = await server.call('GET', '/fhir/$export', { token, headers: { Prefer: 'respond-async' } })
        expect(kickOff.status).toBe(403)
        return
      }
      // An export needs system scopes: the hospital's own system asks, with the relation of the hospital.
      const { user: _, ...system } = parameters
      const own = await server.token(client, system)
      const run = await exportAll(server, own)
      const lines = (await linesOf(server, own, run)).filter((line) => line.includes(`"${CODE}"`))
      expect(lines).toHaveLength(isVisible ? 1 : 0)
      if (isVisible) exported.set(asker, run)
      else await nothingLeft(own, asker)
    })
  })
}

/** Files of a former export: no line of the patient is handed out any more. */
async function nothingLeft(token: string, asker: Asker): Promise<void> {
  const former = exported.get(asker)
  if (!former) return
  for (const file of former.files) {
    const answer = await download(server, token, file)
    expect([answer.status, answer.text.includes(`"${CODE}"`), answer.text.includes(H)]).toEqual([200, false, false])
  }
}

/** Ids, versions and times of a resource just made differ by nature. */
const written = (answer: Answer): string =>
  comparable(answer, answer.json.id).replace(/\d{4}-\d\d-\d\dT[\d:.]+Z|\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT/g, '[time]')

questionsAt('before')

describe('the patient gives three consents', () => {
  const given: (Record<string, unknown> & { id: string })[] = []
  beforeAll(async () => {
    for (const words of [BROAD, INSURER, NO_SHARING]) given.push(await give(server, P, words))
    await relabelled(server)
  })
  questionsAt('given')

  test('the account of uses names the versions of the consents that let somebody in', async () => {
    const token = await server.token('patient-app', { patient: P })
    const { json } = await server.call('GET', `/fhir/AuditEvent?patient=${P}&entity=Observation/${H}&subtype=read&_count=200`, { token })
    const byBareId = await server.call('GET', `/fhir/AuditEvent?patient=${P}&entity=${H}&subtype=read&_count=200`, { token })
    expect(idsIn(byBareId)).toEqual(idsIn({ json } as Answer))
    const events = json.entry as { resource: { entity: { what?: { reference: string } }[] } }[]
    const named = events.flatMap(({ resource }) => resource.entity.flatMap(({ what }) => what?.reference ?? []))
    const consents = named.filter((reference) => reference.startsWith('Consent/'))
    expect([...new Set(consents)].sort()).toEqual(given.map(({ id }) => `Consent/${id}/_history/1`).sort())
  })

  describe('and withdraws them', () => {
    beforeAll(async () => {
      for (const consent of given) await withdraw(server, P, consent)
      await relabelled(server)
    })
    questionsAt('withdrawn')
  })
})
