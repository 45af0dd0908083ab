/** SIU^S12 and its kin; expectations are written by hand from HL7 v2.4, chapter 10, and R4 Appointment. */
import { expect, test } from '@jest/globals'
import { appointmentStatus } from '../../../mappings/hospital/hl7v2/appointment.ts'
import { ofType, plain } from '../support.ts'
import { message, PATIENT, read } from './messages.ts'

const siu = (event: string, sch: string, ...more: string[]) => message(`SIU^${event}`, '2.4', sch, PATIENT, 'RGS|1', ...more)

test('SIU^S12: service, doctor and place of an appointment, and how long it is', async () => {
  const { record } = await read(
    siu(
      'S12',
      'SCH|YY1|HY1||||SJ1^号源|R1^复诊|FZ^复诊号|30|MIN|^^^20260306090000||||||||||||||Booked',
      'NTE|1||空腹',
      'AIS|1||US01^腹部彩超|20260306090000',
      'AIP|1||D0123^赵医生',
      'AIL|1||3楼^彩超一室^^省人民医院',
    ),
  )
  expect(record?.issues).toEqual([])
  const [one] = ofType(record, 'Appointment')
  expect(one?.key).toMatchObject({ type: 'Appointment', parts: ['HY1'] })
  expect(plain(one)).toMatchObject({
    identifier: [{ value: 'HY1' }],
    status: 'booked',
    serviceType: [{ coding: [{ code: 'US01', display: '腹部彩超' }] }],
    appointmentType: { coding: [{ code: 'FZ' }] },
    reasonCode: [{ coding: [{ code: 'R1' }], text: '复诊' }],
    start: '2026-03-06T01:00:00.000Z',
    end: '2026-03-06T01:30:00.000Z',
    minutesDuration: 30,
    comment: '空腹',
    participant: [
      { actor: { $patient: true }, status: 'accepted' },
      { actor: { $key: { type: 'Practitioner', parts: ['D0123', '赵医生'] } }, status: 'accepted' },
      { actor: { type: 'Location', display: '省人民医院 3楼 彩超一室' }, status: 'accepted' },
    ],
  })
  expect(plain(one)).not.toHaveProperty('cancelationReason')
})

test.each([
  ['S12', 'Booked', 'booked'],
  ['S13', undefined, 'booked'],
  ['S14', 'Complete', 'fulfilled'],
  ['S15', 'Booked', 'cancelled'],
  ['S17', 'Booked', 'entered-in-error'],
  ['S26', 'Noshow', 'noshow'],
  ['S12', 'Waitlist', 'waitlist'],
] as const)('%s with SCH-25 %s is %s', (event, state, status) => expect(appointmentStatus(event, state)).toBe(status))

test('a cancelled one says why, a deleted one is withdrawn', async () => {
  const cancelled = await read(siu('S15', 'SCH|YY2|HY2||||TZ^医生停诊|||20|MIN|^^^20260306090000'))
  expect(plain(ofType(cancelled.record, 'Appointment')[0])).toMatchObject({ status: 'cancelled', cancelationReason: { text: '医生停诊' } })
  const deleted = await read(siu('S17', 'SCH|YY2|HY2|||||||20|MIN|^^^20260306090000'))
  expect(ofType(deleted.record, 'Appointment')[0]).toMatchObject({ state: 'withdrawn' })
})

test('without an end or a number it is quarantined', async () => {
  const endless = await read(siu('S12', 'SCH|YY3|HY3|||||||||^^^20260306090000'))
  expect(endless.reason).toMatchObject({ code: 'mapping-required', at: 'TQ1-7' })
  const unnumbered = await read(siu('S12', 'SCH|||||||||20|MIN|^^^20260306090000'))
  expect(unnumbered.reason).toMatchObject({ code: 'mapping-required', at: 'SCH-2' })
  expect((await read(message('SIU^S12', '2.4', PATIENT))).reason).toMatchObject({ code: 'mapping-required', at: 'SCH' })
})

const SCH = 'SCH|YY4|HY4||||TZ^医生停诊|||20|MIN|^^^20260306090000||||||||||||||Booked'
const service = (code: string, display: string) => ({
  coding: [{ system: 'https://fhir-cn.example/sid/H1/service-code', code, display }],
  text: display,
})
const PATIENT_HIMSELF = { actor: { $patient: true }, status: 'accepted' }
const staff = (number: string, name: string) => ({ $key: { type: 'Practitioner', scope: 'H1', parts: [number, name] }, display: name })

/** What a message says of the parts of an appointment: those that it names, of which kinds these are all, and which are gone. */
async function partsOf(event: string, ...segments: string[]): Promise<unknown> {
  const { record } = await read(siu(event, SCH, ...segments))
  expect(record?.issues).toEqual([])
  expect(record?.unread.filter((field) => field.startsWith('AI'))).toEqual([])
  const [one] = ofType(record, 'Appointment')
  expect(one?.key).toMatchObject({ parts: ['HY4'] })
  const { status, start, serviceType, participant } = plain(one) as Record<string, unknown>
  expect({ status, start }).toEqual({
    status: event === 'S15' ? 'cancelled' : 'booked',
    start: '2026-03-06T01:00:00.000Z',
  })
  const [himself, ...others] = participant as { actor: unknown }[]
  expect(himself).toEqual(PATIENT_HIMSELF)
  return { services: serviceType, others: others.map(({ actor }) => actor), whole: one?.whole, gone: one?.unlisted?.lists }
}

test('all services, staff, places and other resources of an appointment, none of which there are others of', async () => {
  expect(
    await partsOf(
      'S12',
      ...['AIS|1||US01^腹部彩超', 'AIG|1||SB1^彩超机', 'AIL|1||3楼^彩超一室', 'AIP|1||D0123^赵医生', 'AIP|2||^李护士'],
      ...['RGS|2', 'AIS|2||US02^心脏彩超'],
    ),
  ).toEqual({
    services: [service('US01', '腹部彩超'), service('US02', '心脏彩超')],
    others: [
      staff('D0123', '赵医生'),
      { type: 'Practitioner', display: '李护士' },
      { type: 'Location', display: '3楼 彩超一室' },
      { type: 'Device', display: '彩超机' },
    ],
    whole: { serviceType: [''], participant: ['Practitioner', 'Location', '', 'Device', 'other'] },
    gone: undefined,
  })
})

test('one that is told of without staff or place says nothing of these', async () => {
  expect(await partsOf('S14', 'AIS|1||US01^腹部彩超')).toEqual({
    ...{ services: [service('US01', '腹部彩超')], others: [], whole: { serviceType: [''] }, gone: undefined },
  })
})

test.each([
  ['S18', ''],
  ['S18', 'A'],
  ['S19', 'A'],
])('%s with the action “%s”: what is named comes to what there is', async (event, action) => {
  expect(await partsOf(event, `AIS|1|${action}|US02^心脏彩超`, `AIP|1|${action}|D0456^钱医生`)).toEqual({
    ...{ services: [service('US02', '心脏彩超')], others: [staff('D0456', '钱医生')], whole: {}, gone: undefined },
  })
})

test('S19: what is deleted is no part of it, what is changed is there, and what is unchanged stays', async () => {
  expect(await partsOf('S19', 'AIS|1|D|US01^腹部彩超', 'AIP|1|X|D0123^赵医生', 'AIP|2|U|D0456^钱医生', 'AIL|1|D|3楼^彩超一室')).toEqual({
    services: undefined,
    others: [staff('D0123', '赵医生'), staff('D0456', '钱医生')],
    whole: { participant: ['Practitioner'] },
    gone: { serviceType: [service('US01', '腹部彩超')], participant: [{ actor: { type: 'Location', display: '3楼 彩超一室' } }] },
  })
})

test.each([
  ['S20', 'D', ''],
  ['S21', '', ''],
  ['S22', '', ''],
  ['S20', 'U', 'Cancelled'],
  ['S14', '', 'Cancelled'],
])('%s with the action “%s” and the status “%s”: the appointment is without what is named from now on', async (event, action, status) => {
  const parts = [`AIS|1|${action}|US01^腹部彩超|||||||${status}`, `AIP|1|${action}|D0123^赵医生|||||||||${status}`]
  expect(await partsOf(event, ...parts, `AIG|1|${action}|SB1^彩超机|||||||||||${status}`)).toEqual({
    ...{ services: undefined, others: [], whole: {} },
    gone: {
      serviceType: [service('US01', '腹部彩超')],
      participant: [
        { actor: staff('D0123', '赵医生') },
        // It was booked as whatever AIG-4 said then.
        { actor: staff('SB1', '彩超机') },
        ...[{ type: 'Location' }, { type: 'Device' }, {}].map((type) => ({ actor: { ...type, display: '彩超机' } })),
      ],
    },
  })
})

test('S20 that says of each service how it stands leaves those that are booked', async () => {
  expect(await partsOf('S20', 'AIS|1|U|US01^腹部彩超|||||||Cancelled', 'AIS|2|X|US02^心脏彩超')).toEqual({
    ...{ services: [service('US02', '心脏彩超')], others: [], whole: {}, gone: { serviceType: [service('US01', '腹部彩超')] } },
  })
})

test('of an appointment that is cancelled as a whole what is named is what it was of', async () => {
  expect(await partsOf('S15', 'AIS|1|D|US01^腹部彩超')).toEqual({
    ...{ services: [service('US01', '腹部彩超')], others: [], whole: { serviceType: [''] }, gone: undefined },
  })
})

const ROLES = 'https://fhir-cn.example/sid/H1/appointment-role-code'
const role = (code: string, display: string) => ({ type: [{ coding: [{ system: ROLES, code, display }], text: display }] })

test.each([
  ['D^医生', staff('D0123', '赵医生')],
  ['^主刀', staff('D0123', '赵医生')],
  ['DOC^Physician', staff('D0123', '赵医生')],
  ['^手术间', { type: 'Location', display: '赵医生' }],
  ['R^Exam Room', { type: 'Location', display: '赵医生' }],
  ['^医生诊室', { type: 'Location', display: '赵医生' }],
  ['^麻醉机', { type: 'Device', display: '赵医生' }],
  ['EQUIPMENT', { type: 'Device', display: '赵医生' }],
  ['|G1^麻醉科医师组', staff('D0123', '赵医生')],
  ['|^三号机房', { type: 'Location', display: '赵医生' }],
  ['', { type: 'Device', display: '赵医生' }],
])('AIG-4 and AIG-5 “%s” say what a resource is', async (type, actor) => {
  const { record } = await read(siu('S12', SCH, `AIG|1||D0123^赵医生|${type}`))
  expect(record?.issues).toEqual([])
  expect(record?.unread.filter((field) => field.startsWith('AI'))).toEqual([])
  expect((plain(ofType(record, 'Appointment')[0]) as { participant: unknown[] }).participant[1]).toMatchObject({ actor })
})

test('a type that nobody knows the word for makes no device: the resource stands with it as its role, and the sender is told', async () => {
  const { record } = await read(siu('S12', SCH, 'AIG|1||D0123^赵医生|D', 'AIG|2||SB1^彩超机|SB^设备'))
  expect(record?.issues).toEqual([{ severity: 'warning', code: 'mapping-value-unknown', at: 'AIG[1]-4' }])
  expect(plain(ofType(record, 'Appointment')[0])).toMatchObject({
    participant: [
      PATIENT_HIMSELF,
      { type: [{ coding: [{ system: ROLES, code: 'D' }], text: 'D' }], actor: { display: '赵医生' } },
      { ...role('SB', '设备'), actor: { type: 'Device', display: '彩超机' } },
    ],
  })
  expect(JSON.stringify(plain(ofType(record, 'Appointment')[0])).match(/"Device"/g)).toHaveLength(1)
})

test('staff by AIP and AIG is one participant with what it is there for (AIP-4, AIG-4)', async () => {
  const { record } = await read(
    siu('S12', SCH, 'AIG|1||D0123^赵医生|ZD^主刀', 'AIP|1||D0123^赵医生|ZD^主刀', 'AIP|2||D0456^钱医生|MZ^麻醉'),
  )
  expect((plain(ofType(record, 'Appointment')[0]) as { participant: unknown[] }).participant).toEqual([
    PATIENT_HIMSELF,
    { ...role('ZD', '主刀'), actor: staff('D0123', '赵医生'), status: 'accepted' },
    { ...role('MZ', '麻醉'), actor: staff('D0456', '钱医生'), status: 'accepted' },
  ])
})

test('staff that is to leave without its name is told of: it is known by number and name', async () => {
  const { record } = await read(siu('S20', SCH, 'AIP|1|D|D0123'))
  expect(record?.issues).toEqual([{ severity: 'warning', code: 'mapping-field-unread', at: 'AIP-3' }])
})

test.each(['S23', 'S24'])(
  '%s: slots of a schedule are nobody’s appointment: nothing is stored, and the receipt says what was not read',
  async (event) => {
    const { record, reason } = await read(
      message(`SIU^${event}`, '2.4', 'SCH||HY5||||TZ^停诊|||240|MIN|^^^20260306080000', 'RGS|1', 'AIP|1||D0123^赵医生'),
    )
    expect(reason).toBeUndefined()
    expect(record).toMatchObject({ nothingToStore: true, resources: [], issues: [] })
    expect(record).not.toHaveProperty('patient')
    expect(record?.unread).toEqual(expect.arrayContaining(['SCH-2', 'SCH-11.4', 'AIP-3.1']))
  },
)

test('S23 that names a patient says whom it names', async () => {
  const { record } = await read(message('SIU^S23', '2.4', 'SCH||HY5', PATIENT, 'RGS|1'))
  expect(record).toMatchObject({ nothingToStore: true, resources: [], patient: { local: [{ kind: 'PI', value: '0001023456' }] } })
})
