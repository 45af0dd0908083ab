/** What each of many records says alike: kept once for a day, whatever comes first, and no one waits for another because of it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { observation, rig, type Rig, sourceOf } from './support.ts'

let one: Rig
beforeAll(async () => {
  one = await rig([sourceOf('his', 'hospital', 'H1')])
  await one.ingest.start()
})
afterAll(() => one.close())

const staff = (title: string, statedAt: string) => ({
  key: { type: 'Practitioner', scope: 'H1', parts: ['D1'] },
  resource: { resourceType: 'Practitioner', active: true, name: [{ text: '赵医生' }], qualification: [{ code: { text: title } }] },
  state: 'current',
  statedAt,
  inPassing: true,
})

let sent = 0
const document = (title: string, statedAt: string) => ({
  deliveryId: `document ${++sent}`,
  patient: { local: [{ kind: 'PI', value: `P${sent}`, strong: true }] },
  resources: [staff(title, statedAt), observation('H1', `o${sent}`, { valueString: String(sent) })],
})

/** Of the only doctor: how often what is kept of him was written is `rev`. */
async function kept(): Promise<{ title: string; version: string; rev: number }> {
  const [found] = await one.all('Practitioner')
  const { id, meta, qualification } = found as unknown as {
    id: string
    meta: { versionId: string }
    qualification: { code: { text: string } }[]
  }
  const [row] = await one.ingest.tables.contributions.find({ things: `Practitioner/${id}` })
  return { title: qualification.map(({ code }) => code.text).join(' '), version: meta.versionId, rev: row?.rev as number }
}

test('the same on one day changes nothing, the next day says it anew, and what is older comes to nothing', async () => {
  await one.wipe()
  await one.send('his', [document('主治医师', '2026-03-06T08:00:00Z')])
  expect(await kept()).toEqual({ title: '主治医师', version: '1', rev: 1 })
  await one.send('his', [document('主治医师', '2026-03-06T17:30:00Z')])
  expect(await kept()).toEqual({ title: '主治医师', version: '1', rev: 1 })
  await one.send('his', [document('副主任医师', '2026-03-07T09:00:00Z')])
  expect(await kept()).toMatchObject({ title: '副主任医师', version: '2' })
  await one.send('his', [document('主治医师', '2026-03-05T09:00:00Z')])
  expect(await kept()).toMatchObject({ title: '副主任医师', version: '2' })
})

test('what one day says in two ways comes out alike in either order', async () => {
  const titles = ['主治医师', '副主任医师']
  const found: string[] = []
  for (const order of [titles, titles.toReversed()]) {
    await one.wipe()
    for (const [at, title] of order.entries()) await one.send('his', [document(title, `2026-03-06T0${8 + at}:00:00Z`)])
    found.push((await kept()).title)
  }
  expect(found[0]).toBe(found[1])
  expect(titles).toContain(found[0])
})

test('fifty at the same time that name one doctor are all stored, and he once', async () => {
  await one.wipe()
  const all = Array.from({ length: 50 }, (_, at) => document('主治医师', `2026-03-06T08:${String(at).padStart(2, '0')}:00Z`))
  const results = await Promise.all(all.map((record) => one.send('his', [record])))
  expect(results.map(({ payload }) => payload.status)).toEqual(all.map(() => 'stored'))
  expect(await one.all('Observation')).toHaveLength(50)
  expect(await one.all('Practitioner')).toHaveLength(1)
  expect(await kept()).toMatchObject({ title: '主治医师', version: '1' })
})
