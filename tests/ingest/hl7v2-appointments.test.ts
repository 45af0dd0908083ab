/** What a hospital's messages about one appointment leave of it; expectations by hand from HL7 v2.4, chapter 10, and R4 Appointment. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { permutations } from '../support/permutations.ts'
import type { Rig } from './support.ts'
import { visitRig } from './visit-messages.ts'

let hospital: Rig
beforeAll(async () => {
  hospital = await visitRig()
})
afterAll(() => hospital.close())

const siu = (event: string, hour: string, sch: string, ...more: string[]): string =>
  [
    `MSH|^~\\&|HIS|0001|EAI|YILIAN|20260310${hour}0000||SIU^${event}|${event}-${hour}|P|2.4||||||UTF-8`,
    sch,
    ...['PID|1||0001023456^^^0001^PI||王建国||19580312|M', 'RGS|1', ...more],
  ].join('\r')

const BOOKED = siu(
  'S12',
  '01',
  'SCH|YY1|HY1|||||||20|MIN|^^^20260316090000',
  'AIS|1||US01^腹部彩超',
  'AIP|1||D0123^赵医生',
  'AIL|1||3楼^彩超一室',
)
const BARE = 'SCH|YY1|HY1||||TZ^医生停诊'

async function appointmentAfter(messages: readonly string[]): Promise<Record<string, unknown>> {
  await hospital.wipe()
  for (const message of messages) expect((await hospital.send('his', message)).counts).toMatchObject({ records: 1, quarantined: 0 })
  const found = await hospital.all('Appointment')
  expect(found).toHaveLength(1)
  return found[0] as unknown as Record<string, unknown>
}

const AS_BOOKED = {
  start: '2026-03-16T01:00:00.000Z',
  end: '2026-03-16T01:20:00.000Z',
  participant: [{}, { actor: { display: '赵医生' } }, { actor: { display: '3楼 彩超一室' } }],
}

test('a cancellation (S15) that says no more than which one it is reaches it in any order, and takes nothing else away', async () => {
  const messages = [BOOKED, siu('S15', '02', BARE)]
  for (const order of [messages, messages.toReversed()]) {
    expect(await appointmentAfter(order)).toMatchObject({ ...AS_BOOKED, status: 'cancelled', cancelationReason: { text: '医生停诊' } })
  }
})

test('one that was missed (S26), with a reason that R4 has no place for', async () => {
  const missed = await appointmentAfter([BOOKED, siu('S26', '02', BARE)])
  expect(missed).toMatchObject({ ...AS_BOOKED, status: 'noshow' })
  expect(missed).not.toHaveProperty('cancelationReason')
})

test('a deleted one (S17) is void, and nothing of it is left', async () => {
  const deleted = await appointmentAfter([BOOKED, siu('S17', '02', BARE)])
  expect(deleted).toMatchObject({ status: 'entered-in-error', identifier: [{ value: 'HY1' }] })
  expect(JSON.stringify(deleted)).not.toMatch(/赵医生|彩超|2026-03-16|Patient/)
})

test('a resource that is changed (S19) is changed in it', async () => {
  const moved = siu('S19', '02', 'SCH|YY1|HY1', 'AIP|1|U|D0456^钱医生')
  expect(await appointmentAfter([BOOKED, moved])).toMatchObject({
    ...{ status: 'booked', serviceType: [{ text: '腹部彩超' }], start: AS_BOOKED.start, end: AS_BOOKED.end },
    // Nobody took the place away.
    participant: [{}, { actor: { display: '3楼 彩超一室' } }, { actor: { display: '钱医生' } }],
  })
})

/** R4 Appointment, app-3: one without a time can only be stored behind the booking. */
const TIMED = 'SCH|YY1|HY1|||||||20|MIN|^^^20260316090000'

test('services and resources that come to it and leave it (S18 to S22), in any order', async () => {
  const messages = [
    BOOKED,
    siu('S18', '02', TIMED, 'AIS|1|A|US02^心脏彩超', 'AIG|1|A|SB1^彩超机'),
    siu('S19', '03', TIMED, 'AIP|1|D|D0123^赵医生', 'AIP|2|A|D0456^钱医生'),
    siu('S20', '04', TIMED, 'AIS|1|D|US01^腹部彩超'),
  ]
  for (const order of permutations(messages.length)) {
    const appointment = await appointmentAfter(order.map((at) => messages[at] as string))
    expect(appointment).toMatchObject({ status: 'booked', start: AS_BOOKED.start, end: AS_BOOKED.end })
    expect((appointment.serviceType as { text: string }[]).map(({ text }) => text)).toEqual(['心脏彩超'])
    const [himself, ...others] = appointment.participant as { actor: { reference?: string; display?: string } }[]
    expect(himself?.actor.reference).toMatch(/^Patient\//)
    expect(others.map(({ actor }) => actor.display)).toEqual(['3楼 彩超一室', '彩超机', '钱医生'])
  }
})

test('one that left comes back with whatever names it later; a change that names all of a kind replaces them', async () => {
  const [gone, back] = [siu('S22', '02', TIMED, 'AIS|1||US01^腹部彩超'), siu('S18', '03', TIMED, 'AIS|1|A|US01^腹部彩超')]
  const whole = siu('S14', '04', TIMED, 'AIS|1||US03^甲状腺彩超')
  expect(await appointmentAfter([BOOKED, gone])).not.toHaveProperty('serviceType')
  for (const order of permutations(3)) {
    const messages = [BOOKED, gone, back]
    expect((await appointmentAfter(order.map((at) => messages[at] as string))).serviceType).toMatchObject([{ text: '腹部彩超' }])
  }
  for (const order of permutations(3)) {
    const messages = [BOOKED, back, whole]
    expect((await appointmentAfter(order.map((at) => messages[at] as string))).serviceType).toMatchObject([{ text: '甲状腺彩超' }])
  }
})

test('services, staff, places and other resources are lists of their own (HL7 v2.5.1, 10.6): a change that names all of one leaves the others', async () => {
  const booked = siu('S12', '01', TIMED, 'AIS|1||US01^腹部彩超', 'AIP|1||D0123^赵医生', 'AIL|1||3楼^彩超一室', 'AIG|1||SB1^彩超机')
  const [room, device] = [siu('S14', '02', TIMED, 'AIL|1||5楼^彩超二室'), siu('S14', '03', TIMED, 'AIG|1|U|SB2^便携彩超机')]
  const displays = async (...messages: string[]): Promise<unknown[]> => {
    const { participant } = await appointmentAfter(messages)
    return (participant as { actor: { display?: string } }[]).flatMap(({ actor }) => actor.display ?? []).sort()
  }
  for (const order of permutations(2)) {
    const among = (messages: readonly string[]): string[] => order.map((at) => messages[at] as string)
    expect(await displays(...among([booked, room]))).toEqual(['5楼 彩超二室', '彩超机', '赵医生'])
    expect(await displays(...among([booked, device]))).toEqual(['3楼 彩超一室', '便携彩超机', '赵医生'])
  }
  expect(await displays(booked, room, device)).toEqual(['5楼 彩超二室', '便携彩超机', '赵医生'])
})

test('staff and places that AIG names are replaced as such, and what a resource is that nobody knows is no place', async () => {
  const booked = siu('S12', '01', TIMED, 'AIG|1||D0123^赵医生|YS^医生', 'AIG|2||S3^三号手术间|^手术间', 'AIG|3||X1^备用|Q')
  const [doctor, place] = [siu('S14', '02', TIMED, 'AIG|1|U|D0456^钱医生|YS^医生'), siu('S14', '03', TIMED, 'AIL|1||5楼^五号手术间')]
  const gone = siu('S22', '04', TIMED, 'AIG|1||X1^备用', 'AIG|2||D0123^赵医生')
  const displays = async (...messages: string[]): Promise<unknown[]> => {
    const { participant } = await appointmentAfter(messages)
    return (participant as { actor: { display?: string } }[]).flatMap(({ actor }) => actor.display ?? []).sort()
  }
  expect((await appointmentAfter([booked])).participant).toMatchObject([
    {},
    { type: [{ text: '医生' }], actor: { reference: expect.stringMatching(/^Practitioner\//) } },
    { actor: { type: 'Location', display: '三号手术间' } },
    { type: [{ text: 'Q' }], actor: { display: '备用' } },
  ])
  for (const order of permutations(2)) {
    const among = (messages: readonly string[]): string[] => order.map((at) => messages[at] as string)
    expect(await displays(...among([booked, doctor]))).toEqual(['三号手术间', '钱医生'])
    expect(await displays(...among([booked, place]))).toEqual(['5楼 五号手术间', '备用', '赵医生'])
    expect(await displays(...among([booked, gone]))).toEqual(['三号手术间'])
  }
})

test('a service that comes to it (S18) does not say when the appointment begins', async () => {
  const added = siu('S18', '02', 'SCH|YY1|HY1', 'AIS|1|A|US02^心脏彩超|20260316093000')
  expect(await appointmentAfter([BOOKED, added])).toMatchObject({ ...AS_BOOKED, serviceType: [{ text: '腹部彩超' }, { text: '心脏彩超' }] })
})
