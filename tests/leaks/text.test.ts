/** Words of hidden resources are found by nobody who may not see those (L01-L06, L19), and text is no way around a masked form (L20, L21). */
import { describe, expect, test } from '@jest/globals'
import { BROAD, give, observation } from '../consent/resources.ts'
import { codeOf, sameInBoth, setting, type World } from './worlds.ts'

const noted = (id: string, of: string, words: string, w: World): object =>
  observation(id, of, `lab-${w}`, {
    text: { status: 'additional', div: `<div xmlns="http://www.w3.org/1999/xhtml">${words}</div>` },
    note: [{ text: `备注 ${words}` }],
  })

const held = setting(
  (w) => [noted(`v1-${w}`, `p1-${w}`, '高血压 common', w), noted(`v2-${w}`, `p1-${w}`, '糖尿病 common', w)],
  (w) => [
    // By id and in number before and among those that are seen.
    ...[0, 1, 2, 3].map((at) => noted(`a${at}-${w}`, `p2-${w}`, '艾滋病 common 高血压', w)),
    noted(`v1x-${w}`, `p2-${w}`, '艾滋病 common', w),
  ],
)

const ask = async (path: string): Promise<number | undefined> =>
  (await sameInBoth(held, (w) => `/fhir/${encodeURI(path.replaceAll('{w}', w))}`)).json.total

describe('what is hidden', () => {
  test.each([
    ['Observation?code=lab-{w}&_text=艾滋病', 0],
    ['Observation?code=lab-{w}&_content=艾滋病', 0],
    ['Observation?code=lab-{w}&_content=备注 艾滋病', 0],
    ['Observation?code=lab-{w}&_text=高血压', 1],
    ['Observation?code=lab-{w}&_text=common', 2],
    ['Observation?code=lab-{w}&_text=-艾滋病', 2],
    ['Observation?code=lab-{w}&_text=艾滋病 OR 糖尿病', 1],
    ['Observation?code=lab-{w}&_text=common&_summary=count', 2],
    ['Observation?code=lab-{w}&_text=common&_count=0', 2],
    ['Observation?code=lab-{w}&_text=common&_count=1&_total=accurate', 2],
    ['Observation?code=lab-{w}&_content=common&_sort=-date&_count=1', 2],
    ['Observation?code=lab-{w}&_content=common&_sort=_lastUpdated', 2],
    ['Patient?_id=p1-{w},p2-{w}&_has:Observation:patient:_text=common', 1],
    ['Patient?_id=p1-{w},p2-{w}&_has:Observation:patient:_content=艾滋病', 0],
    ['?_type=Observation,Patient&_tag=none&_content=艾滋病', 0],
    ['?_type=Observation&_content=艾滋病&_total=accurate', 0],
    ['Patient/p1-{w}/Observation?_text=common', 2],
    ['Patient/p1-{w}/*?_content=艾滋病', 0],
  ])('%s counts %i, whatever is hidden', async (path, expected) => {
    expect(await ask(path)).toBe(expected)
  })

  test('guessed character by character, answers alike', async () => {
    for (const guess of ['艾', '艾滋', '艾滋病', '滋病', '病 common'])
      expect(await ask(`Observation?code=lab-{w}&_content=${guess}`)).toBe(0)
  })

  test('makes no links for who writes by criteria', async () => {
    const call = (w: World) => ({
      method: 'POST',
      body: { resourceType: 'Observation', status: 'final', code: { text: `new-${w}` }, subject: { reference: `Patient/p1-${w}` } },
      headers: { 'If-None-Exist': encodeURI('_content=艾滋病') },
    })
    expect((await sameInBoth(held, () => '/fhir/Observation', call)).status).toBe(201)
  })
})

describe('the masked form', () => {
  test.each([
    'Observation?_text=高血压',
    'Observation?_content=高血压',
    'Observation?_content=nothing',
    'Observation?_text=-高血压',
    // What is wrong with a query is not told either.
    'Observation?_text=a OR',
    'Observation?code=lab-a&_content=common',
    'Observation?subject:Patient._content=x',
    'Patient?_has:Observation:patient:_text=common',
    '?_type=Observation,Condition&_content=common',
    '?_content=common',
  ])('%s is refused', async (path) => {
    await give(held.server, 'p1-a', BROAD)
    const answer = await held.server.call('GET', `/fhir/${encodeURI(path)}`, { token: held.researcher })
    expect([answer.status, codeOf(answer)]).toEqual([403, 'parameter-forbidden'])
  })

  test('a compartment is, as ever', async () => {
    const answer = await held.server.call('GET', '/fhir/Patient/p1-a/Observation?_content=common', { token: held.researcher })
    expect(answer.status).toBe(403)
  })
})
