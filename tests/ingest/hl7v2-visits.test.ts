/** What a hospital's messages about one visit leave of it, in whatever order they come; expectations by hand from HL7 v2.4, chapter 3. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Rig } from './support.ts'
import { visitRig } from './visit-messages.ts'

let hospital: Rig
beforeAll(async () => {
  hospital = await visitRig()
})
beforeEach(() => hospital.wipe())
afterAll(() => hospital.close())

interface Event {
  /** hour of the day on which all is sent */
  hour: string
  begun?: string
  ended?: string
  source?: string
  way?: string
}

/** PV1-14 and PV1-36 are the route of admission and the way of discharge. */
function adt(event: string, { hour, begun = '20260301083000', ended = '', source = '', way = '' }: Event): string {
  const pv1: string[] = ['PV1', '1', 'I']
  const fields = { 14: source, 19: 'ZY1', 36: way, 44: begun, 45: ended }
  for (let field = 3; field <= 45; field++) pv1.push(fields[field as keyof typeof fields] ?? '')
  return [
    `MSH|^~\\&|HIS|0001|EAI|YILIAN|20260310${hour}0000||ADT^${event}|${event}-${hour}|P|2.4||||||UTF-8`,
    `EVN|${event}|20260310${hour}0000`,
    'PID|1||0001023456^^^0001^PI||王建国||19580312|M',
    pv1.join('|'),
    '',
  ].join('\r')
}

async function visitAfter(messages: readonly string[]): Promise<Record<string, unknown>> {
  await hospital.wipe()
  for (const message of messages) {
    const { counts } = await hospital.send('his', message)
    expect(counts).toMatchObject({ records: 1, quarantined: 0 })
  }
  const [visit] = await hospital.all('Encounter')
  return visit as unknown as Record<string, unknown>
}

const ADMITTED = adt('A01', { hour: '01', source: '1' })
const DISCHARGED = adt('A03', { hour: '02', ended: '20260310020000', way: '1', source: '1' })
const CORRECTED = adt('A08', { hour: '03', begun: '20260301090000' })

test('a correction that says nothing of the discharge does not open a visit that has ended', async () => {
  const ended = { status: 'finished', period: { start: '2026-03-01T09:00:00+08:00', end: '2026-03-10T02:00:00+08:00' } }
  expect(await visitAfter([ADMITTED, DISCHARGED, CORRECTED])).toMatchObject(ended)
  expect(await visitAfter([CORRECTED, DISCHARGED, ADMITTED])).toMatchObject(ended)
})

test('a correction does not bring back a visit that was cancelled, and alone it is a visit', async () => {
  expect(await visitAfter([ADMITTED, adt('A11', { hour: '02' }), CORRECTED])).toMatchObject({ status: 'cancelled' })
  expect(await visitAfter([CORRECTED])).toMatchObject({ status: 'in-progress', period: { start: '2026-03-01T09:00:00+08:00' } })
})

test('a correction with a discharge ends the visit; one with an explicit null there opens it again', async () => {
  const ends = adt('A08', { hour: '04', ended: '20260310033000' })
  expect(await visitAfter([ADMITTED, ends])).toMatchObject({ status: 'finished', period: { end: '2026-03-10T03:30:00+08:00' } })
  const opened = await visitAfter([ADMITTED, ends, adt('A08', { hour: '05', ended: '""' })])
  expect(opened).toMatchObject({ status: 'in-progress', period: { start: '2026-03-01T08:30:00+08:00' } })
  expect(opened.period).not.toHaveProperty('end')
})

test('an explicit null takes back what was said, of the patient and of the visit, and what cannot be followed is told', async () => {
  const registered = (at: string, event: string, pid: string, pv1: string): string =>
    [
      `MSH|^~\\&|HIS|0001|EAI|YILIAN|${at}||ADT^${event}|${event}-${at}|P|2.4||||||UTF-8`,
      `EVN|${event}|${at}`,
      `PID|1||0001023456^^^0001^PI||王建国||19580312|M|||${pid}`,
      `PV1|1|I|${pv1}||||||||||||ZY1`,
    ].join('\r')
  const first = registered('20260310010000', 'A01', '建国路88号^^北京||13800138000|010-88888888||M', '0305^内分泌科^12||||2001^李主任')
  const voids = registered('20260310020000', 'A08', '""||""|""||""', '0305^内分泌科^""||||""')
  for (const order of [
    [first, voids],
    [voids, first],
  ]) {
    const visit = await visitAfter(order)
    expect(visit).not.toHaveProperty('location')
    expect(visit).toMatchObject({ serviceType: { text: '内分泌科' }, participant: [{ individual: { display: '李主任' } }] })
    const [patient] = await hospital.all('Patient')
    expect(patient).toMatchObject({ birthDate: '1958-03-12', gender: 'male', name: [{ text: '王建国' }] })
    for (const element of ['address', 'telecom', 'maritalStatus']) expect(patient).not.toHaveProperty(element)
  }
})

test.each([
  ['A05', 'A38'],
  ['A14', 'A27'],
])('what was registered ahead (%s) is planned, and no longer once that is taken back (%s), in either order', async (event, back) => {
  const messages = [adt(event, { hour: '01' }), adt(back, { hour: '02' })]
  expect(await visitAfter(messages.slice(0, 1))).toMatchObject({ status: 'planned' })
  for (const order of [messages, messages.toReversed()]) expect(await visitAfter(order)).toMatchObject({ status: 'cancelled' })
  // Who comes all the same is admitted under the same number.
  expect(await visitAfter([...messages, adt('A01', { hour: '03' })])).toMatchObject({ status: 'in-progress' })
})

test('a visit that is deleted (A23) is void, and nothing of it is left, in either order', async () => {
  const messages = [ADMITTED, adt('A23', { hour: '02', source: '1' })]
  for (const order of [messages, messages.toReversed()]) {
    const visit = await visitAfter(order)
    expect(visit).toMatchObject({ status: 'entered-in-error', identifier: [{ value: 'ZY1' }] })
    expect(JSON.stringify(visit)).not.toMatch(/period|hospitalization|Patient|location/)
    expect(await hospital.all('Patient')).toMatchObject([{ name: [{ text: '王建国' }] }])
  }
})

test('a deletion that names no visit is kept aside: its sender must not take it for done', async () => {
  const { payload, counts } = await hospital.send('his', adt('A23', { hour: '02' }).replace('ZY1', ''))
  expect(counts).toMatchObject({ records: 1, quarantined: 1 })
  expect(JSON.parse(payload.issues)).toContainEqual(expect.objectContaining({ code: 'mapping-required', severity: 'error' }))
})

test.each([
  ['with its beginning', {}],
  ['without any time', { begun: '' }],
  ['with what it takes back', { ended: '20260310020000', way: '1' }],
])('a discharge that is taken back (A13) %s leaves neither its time nor its way', async (_name, fields) => {
  const messages = [ADMITTED, DISCHARGED, adt('A13', { hour: '03', ...fields })]
  for (const order of [messages, messages.toReversed()]) {
    const visit = await visitAfter(order)
    expect(visit).toMatchObject({ status: 'in-progress', period: { start: '2026-03-01T08:30:00+08:00' } })
    expect(visit.period).not.toHaveProperty('end')
    // How the patient came was said before, and is not taken back.
    expect(visit.hospitalization).toEqual({ admitSource: { coding: [expect.objectContaining({ code: '1' })] } })
  }
})

test('a discharge that is taken back leaves the route that it says itself, nothing where none was said, and a later discharge counts', async () => {
  const again = adt('A03', { hour: '04', ended: '20260310040000', way: '2', source: '1' })
  const [takenBack, corrected] = [adt('A13', { hour: '03' }), adt('A13', { hour: '03', source: '2' })]
  const way = (code: string) => ({ coding: [expect.objectContaining({ code })] })
  for (const order of [
    [ADMITTED, DISCHARGED, takenBack, again],
    [again, takenBack, DISCHARGED, ADMITTED],
  ])
    expect((await visitAfter(order)).hospitalization).toEqual({ admitSource: way('1'), dischargeDisposition: way('2') })
  expect((await visitAfter([ADMITTED, DISCHARGED, corrected])).hospitalization).toEqual({ admitSource: way('2') })
  const unsaid = adt('A03', { hour: '02', ended: '20260310020000', way: '1' })
  expect(await visitAfter([adt('A01', { hour: '01' }), unsaid, takenBack])).not.toHaveProperty('hospitalization')
})

test('a discharge that does not say how the patient came leaves that as it was said; an explicit null takes one of the two back alone', async () => {
  const way = (code: string) => ({ coding: [expect.objectContaining({ code })] })
  const left = adt('A03', { hour: '02', ended: '20260310020000', way: '2' })
  for (const order of [
    [ADMITTED, left],
    [left, ADMITTED],
  ])
    expect((await visitAfter(order)).hospitalization).toEqual({ admitSource: way('1'), dischargeDisposition: way('2') })
  const void_ = (fields: Partial<Event>) => adt('A08', { hour: '03', ended: '20260310020000', ...fields })
  expect((await visitAfter([ADMITTED, left, void_({ source: '""' })])).hospitalization).toEqual({ dischargeDisposition: way('2') })
  expect((await visitAfter([ADMITTED, left, void_({ way: '""' })])).hospitalization).toEqual({ admitSource: way('1') })
  expect(await visitAfter([ADMITTED, left, void_({ source: '""', way: '""' })])).not.toHaveProperty('hospitalization')
  expect((await visitAfter([ADMITTED, left, void_({ source: '""', way: '1' })])).hospitalization).toEqual({
    dischargeDisposition: way('1'),
  })
})
