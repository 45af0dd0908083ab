/**
 * Two worlds on one server that differ in one thing: in world `a` stand the hidden resources, in world `b` they never did.
 * Every name ends in its world's letter, so that answers are equal once the letters, ids, times and page tokens are.
 */
import { afterAll, beforeAll, expect } from '@jest/globals'
import { comparable, encounter, give, NO_SHARING, patient, practitioner, putAll, relabelled, study } from '../consent/resources.ts'
import { type Answer, type CallOptions, startTestServer, type TestServer, type TestServerOptions } from '../support/server.ts'

export const WORLDS = ['a', 'b'] as const
export type World = (typeof WORLDS)[number]

export interface Setting {
  server: TestServer
  loader: string
  /** doctor of hospital H2 who treats everybody; the patients `p2-*` do not share with other hospitals */
  doctor: string
  /** in pseudonymised form, of an approved study that nobody consented to but `p1-*` where the test says so */
  researcher: string
}

/** `open`: what both worlds have; `hidden`: what only world `a` has, of patient `p2-a`, in the custody of H1. */
export function setting(open: (w: World) => object[], hidden: (w: World) => object[] = () => [], options: TestServerOptions = {}): Setting {
  const held = {} as Setting
  beforeAll(async () => {
    held.server = await startTestServer(options)
    held.loader = await held.server.token('loader')
    await putAll(held.server, held.loader, [practitioner('doc-1'), practitioner('doc-2'), study('study-1')])
    for (const w of WORLDS) {
      const persons = [`p1-${w}`, `p2-${w}`].flatMap((id) => [patient(id), encounter(`visit-${id}`, id, 'H2', 'Practitioner/doc-2')])
      await putAll(held.server, held.loader, [...persons, ...open(w)])
      await give(held.server, `p2-${w}`, NO_SHARING)
    }
    await relabelled(held.server)
    const only = hidden('a')
    if (only.length > 0) await putAll(held.server, held.loader, only)
    held.doctor = await held.server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2' })
    held.researcher = await held.server.token('researcher', { data_form: 'PSEUD', research_study: 'study-1' })
  }, 60_000)
  afterAll(() => held.server.stop())
  return held
}

/** An answer without what differs between the worlds by nature. */
export function neutral(answer: Answer): string {
  return comparable(answer)
    .replace(/_page=[\w%.-]+/g, '_page=[token]')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z|\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT/g, '[time]')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, '[uuid]')
    .replace(/-[ab]\b/g, '-[w]')
}

/** The same call in both worlds; answers that of world `a` after checking that nothing tells the worlds apart. */
export async function sameInBoth(
  held: Setting,
  path: (w: World) => string,
  call: (w: World) => CallOptions & { method?: string } = () => ({}),
): Promise<Answer> {
  const [a, b] = [await inWorld('a'), await inWorld('b')]
  expect(neutral(a)).toBe(neutral(b))
  return a
  function inWorld(w: World): Promise<Answer> {
    const { method = 'GET', token = held.doctor, ...options } = call(w)
    return held.server.call(method, path(w), { token, ...options })
  }
}

/** Of one world: a stored, hidden name answers as one that was never stored. */
export async function asAbsent(
  held: Setting,
  path: (name: string) => string,
  names: { hidden: string; absent: string },
  call: CallOptions & { method?: string } = {},
): Promise<Answer> {
  const ask = (name: string): Promise<Answer> => {
    const { method = 'GET', token = held.doctor, body, ...options } = call
    const named = body === undefined ? undefined : JSON.stringify(body).replaceAll('{name}', name)
    return held.server.call(method, path(name), { token, ...options, ...(named === undefined ? {} : { body: named }) })
  }
  const [stored, missing] = [await ask(names.hidden), await ask(names.absent)]
  expect(comparable(stored, names.hidden)).toBe(comparable(missing, names.absent))
  return stored
}

export const codeOf = (answer: Answer): string => answer.json?.issue?.[0]?.details?.coding?.[0]?.code ?? ''
