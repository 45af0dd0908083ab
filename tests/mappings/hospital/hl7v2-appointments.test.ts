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
      { actor: { display: '省人民医院 3楼 彩超一室' }, status: 'accepted' },
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

test.each(['S20', 'S21', 'S22'])(
  '%s: what the appointment is without is no part of it, and what else is said of it stands',
  async (event) => {
    const { record } = await read(
      siu(
        event,
        'SCH|YY4|HY4||||TZ^医生停诊|||20|MIN|^^^20260306090000||||||||||||||Booked',
        'AIS|1|D|US01^腹部彩超',
        'AIP|1|D|D0123^赵医生',
      ),
    )
    const [one] = ofType(record, 'Appointment')
    expect(plain(one)).toMatchObject({ status: 'booked', start: '2026-03-06T01:00:00.000Z', minutesDuration: 20 })
    expect(plain(one)).not.toHaveProperty('serviceType')
    expect(one?.yielding).toEqual(['participant'])
    expect(plain(one).participant).toEqual([{ actor: { $patient: true }, status: 'accepted' }])
    // Staff and places that were named before are left as they were: the receipt says so.
    expect(record?.issues).toEqual(['AIS-3', 'AIP-3'].map((at) => ({ severity: 'warning', code: 'mapping-field-unread', at })))
    expect(ofType(record, 'Practitioner')).toEqual([])
  },
)

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
