/** The way of a payload on the real database, with records made by hand. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { receiptOutcome } from '../../server/ingest/receipt.ts'
import { sourceMapping } from '../../mappings/index.ts'
import { actorOf, observation, rig, type Rig, sourceOf } from './support.ts'

const WANG = { type: '01', number: '110100195803120019' }
const PI = (value: string) => ({ kind: 'PI', value, strong: true })
const REPORT = (value: string) => ({ kind: 'REPORT', value, strong: false })
const patientResource = (name: string, statedAt = '2026-03-06T08:00:00Z') => ({
  key: 'patient',
  resource: { resourceType: 'Patient', name: [{ text: name }] },
  state: 'current',
  statedAt,
})

let one: Rig
beforeAll(async () => {
  one = await rig([
    sourceOf('his', 'hospital', 'H1'),
    sourceOf('mi', 'miis', 'MIA'),
    sourceOf('rp', 'rhip', 'HA'),
    sourceOf('rp2', 'rhip', 'HA2'),
  ])
  await one.ingest.start()
})
afterAll(() => one.close())

describe('receipt', () => {
  test('one record: its resources, a Provenance, the counts', async () => {
    const { payload, counts } = await one.send('his', [
      {
        deliveryId: 'a',
        patient: { local: [PI('1')], name: '王建国' },
        resources: [patientResource('王建国'), observation('H1', 'o1', { valueString: 'x' })],
      },
    ])
    expect(payload.status).toBe('stored')
    expect(counts).toMatchObject({ records: 1, stored: 1, resources: 2 })
    const [o] = await one.all('Observation')
    const [p] = await one.all('Patient')
    expect(o?.subject).toEqual({ reference: `Patient/${p?.id}` })
    const [provenance] = await one.all('Provenance')
    expect(provenance?.target).toEqual(expect.arrayContaining([{ reference: `Observation/${o?.id}` }]))
  })

  test('fields that no rule read are listed by name, each once, and do not count as flaws', async () => {
    const record = (deliveryId: string, unread: string[]) => ({
      deliveryId,
      patient: { local: [PI('1')] },
      resources: [observation('H1', `unread-${deliveryId}`, { valueString: 'x' })],
      unread,
    })
    const { payload, counts } = await one.send('his', [
      record('u1', ['OBX[1]-14', 'PV1-44', 'OBX[2]-14']),
      record('u2', ['OBX-14', 'PV1-45']),
      { ...record('u3', ['PV1-45', 'PV1-46']), patient: { local: [{ kind: 'VISIT', value: 'unread', strong: false }] } },
    ])
    expect(counts).toMatchObject({ stored: 2, storedWithIssues: 0, waiting: 1 })
    const { issue } = receiptOutcome(payload, counts) as unknown as { issue: { severity: string; expression?: string[] }[] }
    const unread = issue.filter(({ expression }) => expression?.[0]?.includes(': '))
    expect(unread.map(({ severity, expression }) => [severity, ...(expression ?? [])]).sort()).toEqual([
      ['information', 'message 1: OBX[1]-14'],
      ['information', 'message 1: PV1-44'],
      ['information', 'message 2: PV1-45'],
      ['information', 'message 3: PV1-46'],
    ])
  })

  test('the same bytes again: the first receipt, no new version', async () => {
    const body = [{ deliveryId: 'again', patient: { local: [PI('1')] }, resources: [observation('H1', 'o2', { valueString: 'x' })] }]
    const first = await one.send('his', body)
    const versions = await one.versions()
    const second = await one.send('his', body)
    expect(second.payload._id).toBe(first.payload._id)
    expect(await one.versions()).toBe(versions)
  })

  test('the same record in another payload is unchanged; a correction makes exactly one new version', async () => {
    const record = (value: string, statedAt: string) => ({
      deliveryId: `d-${statedAt}`,
      patient: { local: [PI('1')] },
      resources: [observation('H1', 'o3', { valueString: value }, { statedAt })],
    })
    await one.send('his', [record('a', '2026-03-06T08:00:00Z')])
    const again = await one.send('his', [record('a', '2026-03-06T08:00:00Z'), { nothingToStore: true, deliveryId: 'q' }])
    expect(again.counts).toMatchObject({ records: 2, unchanged: 1, nothing: 1, stored: 0 })
    await one.send('his', [record('b', '2026-03-06T09:00:00Z')])
    const found = (await one.all('Observation')).find((o) => (o.code as { text: string }).text === 'o3')
    expect(found).toMatchObject({ valueString: 'b', meta: { versionId: '2' } })
  })

  test('a rejected record, one that breaks the mapping and one that is no R4 resource are quarantined, the next is stored', async () => {
    const { payload, counts } = await one.send('his', [
      { bad: true },
      { bug: true },
      { deliveryId: 'broken', patient: { local: [PI('1')] }, resources: [observation('H1', 'o4', { status: 7 })] },
      { deliveryId: 'good', patient: { local: [PI('1')] }, resources: [observation('H1', 'o5', {})] },
    ])
    expect(payload.status).toBe('stored-with-issues')
    expect(counts).toMatchObject({ records: 4, quarantined: 3 })
    expect(counts.stored + counts.storedWithIssues).toBe(1)
  })

  test('many parts that cannot be read, with good ones between: each is kept once and told in its place', async () => {
    const bad = (n: number) => Array.from({ length: n }, (_, at) => (at % 7 === 3 ? { bug: true } : { bad: true }))
    const good = (name: string) => ({
      deliveryId: name,
      patient: { local: [PI('1')] },
      resources: [observation('H1', name, { valueString: name })],
    })
    const sent = [...bad(230), good('among-1'), ...bad(12), good('among-2')]
    const { payload, counts } = await one.send('his', sent)
    expect(counts).toMatchObject({ records: 244, quarantined: 242, stored: 2 })
    const told = (JSON.parse(payload.issues) as { at: string; code: string }[]).filter(({ code }) =>
      /payload-structure|record-failed/.test(code),
    )
    const places = [...Array.from({ length: 230 }, (_, at) => at + 1), ...Array.from({ length: 12 }, (_, at) => at + 232)]
    expect(told.map(({ at, code }) => `${code} ${at.split(':')[0]}`)).toEqual(
      places.map((at) => `${'bug' in (sent[at - 1] as object) ? 'record-failed' : 'payload-structure'} message ${at}`),
    )
    const kept = await one.ingest.tables.quarantine.find({ payload: payload._id })
    expect(kept.map(({ at }) => at).sort()).toEqual(places.map((at) => `message ${at}`).sort())
    const again = await one.ingest.replay(payload._id)
    expect(again.counts).toMatchObject({ total: 244, open: 242 })
    expect(await one.ingest.tables.quarantine.count({ payload: payload._id })).toBe(242)
  })

  test('a record without any number of its patient is quarantined', async () => {
    const { payload } = await one.send('his', [{ deliveryId: 'nobody', resources: [observation('H1', 'o6', {})] }])
    expect(payload.status).toBe('quarantined')
    expect(JSON.parse(payload.issues)).toEqual(expect.arrayContaining([expect.objectContaining({ code: 'patient-unknown' })]))
  })
})

describe('sender', () => {
  test('another client is refused, and nothing is kept but the audit', async () => {
    const before = await one.ingest.tables.payloads.count({})
    const stream = (async function* () {
      yield Buffer.from('[]')
    })()
    const attempt = (source: string) => one.ingest.receive(source, actorOf('mi-client'), stream, { contentType: '', fileName: '' })
    await expect(attempt('nowhere')).rejects.toMatchObject({ status: 404, message: 'source-unknown' })
    expect(one.events.at(-1)).toMatchObject({ action: 'refuse', source: 'unknown', reason: 'source-unknown' })
    await expect(attempt('his')).rejects.toMatchObject({ status: 404, message: 'source-unknown' })
    expect(await one.ingest.tables.payloads.count({})).toBe(before)
    expect(one.events.at(-1)).toMatchObject({ action: 'refuse', source: 'his', reason: 'payload-refused' })
  })

  test('a hospital may not speak under the numbers of another organisation: nothing is kept but the audit', async () => {
    const before = await one.ingest.tables.payloads.count({})
    const foreign = { deliveryId: 'foreign', patient: { local: [PI('1')] }, resources: [observation('HA', 'foreign', {})] }
    await expect(one.send('his', [foreign])).rejects.toMatchObject({ status: 403, message: 'sender-foreign-scope' })
    expect(await one.ingest.tables.payloads.count({})).toBe(before)
    expect(one.events.at(-1)).toMatchObject({ action: 'refuse', source: 'his', reason: 'sender-foreign-scope' })
  })
})

describe('waiting', () => {
  test('a row whose patient is not known waits, and is stored when its number appears', async () => {
    const rows = await one.send('rp', [
      { deliveryId: 'row-1', patient: { local: [REPORT('BG9')] }, resources: [observation('H1', 'w1', { valueString: 'x' })] },
      { deliveryId: 'row-2', patient: { local: [REPORT('BG9')] }, resources: [observation('H1', 'w2', { valueString: 'y' })] },
    ])
    expect(rows.counts).toMatchObject({ records: 2, waiting: 2, stored: 0 })
    expect((await one.all('Observation')).map((o) => (o.code as { text: string }).text)).not.toContain('w1')
    await one.send('rp', [
      {
        deliveryId: 'report',
        patient: { local: [{ kind: 'CARD', value: 'C9', strong: true }, REPORT('BG9')] },
        resources: [patientResource('李')],
      },
    ])
    expect((await one.all('Observation')).map((o) => (o.code as { text: string }).text)).toEqual(expect.arrayContaining(['w1', 'w2']))
    const { receiptCounts } = await import('../../server/ingest/receipt.ts')
    expect(await receiptCounts(one.ingest.tables, rows.payload)).toMatchObject({ records: 2, waiting: 0, stored: 2 })
  })
})

describe('work list', () => {
  test('an unmapped code counts once per delivery', async () => {
    const unmapped = [{ map: 'miis-item', system: 's', code: 'ZJ1', display: '院内制剂' }]
    const record = (deliveryId: string, value: string) => ({
      deliveryId,
      patient: { local: [PI('77')] },
      resources: [observation('MIA', deliveryId, { valueString: value })],
      unmapped,
    })
    await one.send('mi', [record('u1', 'a')])
    await one.send('mi', [record('u1', 'b')])
    await one.send('mi', [record('u2', 'a')])
    const [entry] = await one.ingest.tables.unmapped.find({ source: 'mi' })
    expect(entry).toMatchObject({ map: 'miis-item', code: 'ZJ1', display: '院内制剂', count: 2 })
  })
})

describe('several sources', () => {
  test('one report at the same time from three sources: one resource with all three', async () => {
    const record = (source: string) => ({
      deliveryId: `x-${source}`,
      patient: { local: [PI(`p-${source}`)], legal: WANG, name: '王建国' },
      resources: [
        patientResource('王建国'),
        observation('H1', 'shared', { identifier: [{ system: 'urn:x', value: source }], valueString: source }),
      ],
    })
    await Promise.all(['his', 'rp', 'mi', 'rp2'].map((source) => one.send(source, [record(source)])))
    const found = (await one.all('Observation')).filter((o) => (o.code as { text: string }).text === 'shared')
    expect(found).toHaveLength(1)
    expect(found[0]?.valueString).toBe('his')
    const identifiers = found[0]?.identifier as { value: string }[]
    expect(identifiers.map((i) => i.value).sort()).toEqual(['his', 'mi', 'rp', 'rp2'])
    const masters = (await one.all('Patient')).filter((p) => (p.link as { type: string }[] | undefined)?.some((l) => l.type === 'seealso'))
    expect(masters).toHaveLength(1)
    expect(masters[0]?.link).toHaveLength(4)
    expect(found[0]?.subject).toEqual({ reference: `Patient/${masters[0]?.id}` })
  })
})

describe('withdrawal of a row', () => {
  const HEADER = 'YLJGDM,JZLSH,KH,KLX,HZXM,XB,CSRQ,JZLX,JZKSBM,JZKSMC,JZKSRQ,ZZYSGH,ZZYSXM,JZZDBM,JZZDSM,ZS,XGBZ'
  const row = (state: string) =>
    `0001,MZ1,C1,0,李秀兰,2,19651108,100,0305,内分泌科,2026-03-09 09:10:00,D1,赵医生,E11.900,2型糖尿病,多饮,${state}`
  const AMB = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB', display: 'ambulatory' }
  let rhip: Rig
  beforeAll(async () => {
    rhip = await rig([sourceOf('rp', 'rhip', 'HA', 'rhip/tables', { '0001': 'H1' })], {
      mapping: sourceMapping,
      translate: (map) => (map === 'rhip-visit-type' ? AMB : undefined),
    })
    await rhip.ingest.start()
  })
  afterAll(() => rhip.close())
  const send = async (text: string) => {
    const { payload, counts } = await rhip.send('rp', `${HEADER}\n${text}\n`)
    return { counts, issues: (JSON.parse(payload.issues) as { code: string; at: string }[]).map(({ code, at }) => [code, at]) }
  }

  test('has no issues when the row had none: the void thing is not held to what it no longer is', async () => {
    expect(await send(row('1'))).toMatchObject({ issues: [], counts: { stored: 1 } })
    expect(await send(row('2'))).toMatchObject({ issues: [], counts: { stored: 1 } })
    for (const type of ['Encounter', 'Condition']) {
      const [left] = await rhip.all(type)
      expect(JSON.stringify(left)).toContain('entered-in-error')
      expect(left?.meta?.profile).toBeUndefined()
    }
  })

  test('a row without its state, or without its key, is placed once', async () => {
    expect((await send(row('-'))).issues).toEqual([['mapping-required', 'row 1: XGBZ']])
    expect((await send(row('1').replace('MZ1', '-'))).issues).toEqual([['mapping-required', 'row 1: JZLSH']])
  })

  test('a file without rows says so', async () => {
    expect((await rhip.send('rp', `${HEADER}\n`)).payload).toMatchObject({
      status: 'quarantined',
      issues: expect.stringContaining('table-no-rows'),
    })
    expect((await rhip.send('rp', '')).payload).toMatchObject({ status: 'quarantined', issues: expect.stringContaining('table-empty') })
  })
})
