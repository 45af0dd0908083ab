/**
 * Links that change between the reading of what a fold relies on and its commit, when those who changed them have looked already at what follows:
 * whoever commits looks again behind his commit. The other process is played by rows that are put right before the write.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { followRegroup } from '../../server/ingest/likely/follow.ts'
import { regroupJob } from '../../server/ingest/link/move-job.ts'
import { refold } from '../../server/ingest/link/refold.ts'
import { settleVisits } from '../../server/ingest/visit/settle.ts'
import type { MergeDoc } from '../../server/ingest/tables.ts'
import type { IngestDeps } from '../../server/ingest/types.ts'
import { observation, type Rig, rig, sourceOf } from './support.ts'
import { admission, registration, visitRig, WANG } from './visit-messages.ts'

/** Once, before the first write from now on that has something to do with `table`, or with resources. */
function beforeNextWrite({ ingest: { deps } }: Rig, concerns: (text: string) => boolean, change: () => Promise<unknown>): () => boolean {
  const { writer, store } = deps
  let isDone = false
  const first = async (written: unknown): Promise<void> => {
    if (isDone || !concerns(JSON.stringify(written))) return
    isDone = true
    await change()
  }
  const slow: Pick<IngestDeps, 'writer' | 'store'> = {
    writer: {
      ...writer,
      write: async (drafts, options) => {
        await first([drafts, options?.side])
        return writer.write(drafts, options)
      },
    },
    store: {
      ...store,
      commit: async (unit) => {
        await first(unit.side)
        return store.commit(unit)
      },
    },
  }
  Object.assign(deps, slow)
  return () => {
    Object.assign(deps, { writer, store })
    return isDone
  }
}

describe('a result that a hospital and a platform tell of', () => {
  let at: Rig
  beforeAll(async () => {
    at = await rig([sourceOf('his', 'hospital', 'H1'), sourceOf('area', 'rhip', 'HA')])
  })
  beforeEach(() => at.wipe())
  afterAll(() => at.close())

  const told = (deliveryId: string, kind: string, value: string, says: Record<string, unknown>): object => ({
    deliveryId,
    patient: { local: [{ kind, value, strong: true }], name: '王建国' },
    resources: [observation('H1', 'X1', says)],
  })
  const byHospital = told('h', 'PI', '1', { valueString: 'seen' })
  const byPlatform = told('p', 'CARD', '0|C1', { note: [{ text: 'from the platform' }] })

  async function recordIds(): Promise<string[]> {
    const records = await at.ingest.tables.records.find({})
    return ['hospital:H1', 'rhip:HA'].map((domain) => records.find((record) => record.domain === domain)?._id ?? '')
  }

  async function link(): Promise<void> {
    const [source = '', target = ''] = await recordIds()
    const versions = { source: 0, target: 0 }
    const row = { _id: 'likely', at: new Date(), likeness: true, source, target, patients: [source, target] } as const
    const consents = { source: '', target: '' }
    await at.ingest.tables.merges.insert({ ...row, patients: [source, target], before: versions, after: versions, consents } as MergeDoc)
  }

  const result = async () => (await at.all('Observation')).map(({ valueString, note }) => [valueString, note])

  test('as two persons’ the hospital alone is heard, as one person’s both', async () => {
    await at.send('his', [byHospital])
    await at.send('area', [byPlatform])
    expect(await result()).toEqual([['seen', undefined]])
    await link()
    const [{ id = '' } = {}] = await at.all('Observation')
    await refold(at.ingest.deps, at.ingest.tables, [{ type: 'Observation', id }])
    expect(await result()).toEqual([['seen', [{ text: 'from the platform' }]]])
  })

  test.each(['alone', 'with another'])('they are linked while the second one is written, %s', async (how) => {
    await at.send('his', [byHospital])
    const ended = beforeNextWrite(at, (text) => text.includes('from the platform'), link)
    const other = { ...told('q', 'CARD', '0|C2', {}), resources: [observation('HA', 'X2', { valueString: 'another’s' })] }
    await Promise.all([at.send('area', [byPlatform]), ...(how === 'alone' ? [] : [at.send('area', [other])])])
    expect(ended()).toBe(true)
    expect(await result()).toContainEqual(['seen', [{ text: 'from the platform' }]])
  })

  test('they are linked while it is folded again for another reason', async () => {
    await at.send('his', [byHospital])
    await at.send('area', [byPlatform])
    const [hospital = ''] = await recordIds()
    await at.ingest.tables.records.update({ _id: hospital }, { set: { person: 'a-master' } })
    const ended = beforeNextWrite(at, (text) => text.includes('a-master'), link)
    const [{ id = '' } = {}] = await at.all('Observation')
    await refold(at.ingest.deps, at.ingest.tables, [{ type: 'Observation', id }])
    expect(ended()).toBe(true)
    expect(await result()).toEqual([['seen', [{ text: 'from the platform' }]]])
  })
})

describe('a visit that hospital and insurance tell of', () => {
  let at: Rig
  beforeAll(async () => {
    at = await visitRig()
  })
  beforeEach(() => at.wipe())
  afterAll(() => at.close())

  const visits = async (): Promise<string[][]> =>
    (await at.all('Encounter'))
      .filter(({ status }) => status !== 'entered-in-error')
      .map(({ identifier }) => (identifier as { value: string }[]).map(({ value }) => value).sort())
      .sort()

  const APART = [['M1', 'V1'], ['V1']]

  test('the persons are parted while it is noted that the visit is one: it is not', async () => {
    const [insurance, body] = registration()
    await at.send(insurance, body)
    const stranger = { ...WANG, number: '' }
    const [hospital, first] = admission({ person: stranger })
    await at.send(hospital, first)
    expect(await visits()).toEqual(APART)
    const { deps, tables } = at.ingest
    const ofHospital = async (person: string | null): Promise<unknown> =>
      tables.records.update({ domain: 'hospital:H1' }, { set: { person } })
    const [insured] = await tables.records.find({ domain: 'miis:MIA' })
    await ofHospital(insured?.person ?? null)
    const ended = beforeNextWrite(
      at,
      (text) => text.includes('"visit_numbers"'),
      () => ofHospital(null),
    )
    const encounters = (await at.all('Encounter')).map(({ id = '' }) => id)
    await settleVisits(deps, tables, encounters)
    expect(ended()).toBe(true)
    expect(await visits()).toEqual(APART)
  })

  // The hospital's record is like that of a third one, which has the insured's number: all three are one person.
  test.each(['a', 'b'] as const)(
    'is one when a third record brings the two together, and is not when it leaves them (third: side %s)',
    async (side) => {
      await at.send(...registration())
      await at.send(...admission({ person: { ...WANG, number: '' } }))
      const legal = { type: '01', number: WANG.number }
      const card = {
        deliveryId: 'c',
        patient: { local: [{ kind: 'CARD', value: '0|C9', strong: true }], name: WANG.name, legal },
        resources: [],
      }
      await at.send('area', [card])
      expect(await visits()).toEqual(APART)
      const { deps, tables } = at.ingest
      const idOf = async (domain: string): Promise<string> => (await tables.records.find({ domain }))[0]?._id ?? ''
      const [hospital, third] = [await idOf('hospital:H1'), await idOf('rhip:HA')]
      const row = { _id: 'likely', at: new Date(), likeness: true, source: hospital, target: third, patients: [hospital, third] }
      const versions = { source: 0, target: 0 }
      await tables.merges.insert({ ...row, before: versions, after: versions, consents: { source: '', target: '' } } as MergeDoc)
      const sides = side === 'a' ? { a: [third], b: [hospital] } : { a: [hospital], b: [third] }
      const { doc } = regroupJob('likely|join', [], new Date(), sides)
      expect(await followRegroup(deps, tables, doc, () => true)).toBe(true)
      expect(await visits()).toEqual([['M1', 'V1', 'V1']])
      await tables.merges.delete({ _id: 'likely' })
      expect(await followRegroup(deps, tables, doc, () => true)).toBe(true)
      expect(await visits()).toEqual(APART)
    },
  )
})
