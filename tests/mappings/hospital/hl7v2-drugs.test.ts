/** RDE^O11; expectations are written by hand from HL7 v2.4 (4.13) and v2.5.1 (4A.4). */
import { expect, test } from '@jest/globals'
import { ofType, plain } from '../support.ts'
import { INPATIENT, message, PATIENT, read } from './messages.ts'

test('RDE^O11 of v2.4: dose, frequency, route and time of a drug', async () => {
  const { record } = await read(
    message(
      'RDE^O11',
      '2.4',
      PATIENT,
      INPATIENT,
      'ORC|NW|YZ1||CF7|||^BID^D7^20260305110000^20260312110000^R||20260305102500|||D0123^赵医生',
      'RXE|^BID^D7^20260305110000^^R|YP1^阿莫西林胶囊^L|0.5||g^克|||||21|粒^粒|0|||CF7||||||PC^饭后服',
      'RXR|PO^口服',
      'NTE|1||皮试阴性',
    ),
  )
  expect(record?.issues).toEqual([])
  const [one] = ofType(record, 'MedicationRequest')
  expect(one?.key).toMatchObject({ type: 'MedicationRequest', parts: ['YZ1'] })
  expect(plain(one)).toMatchObject({
    identifier: [{ value: 'YZ1' }],
    status: 'active',
    intent: 'order',
    priority: 'routine',
    medicationCodeableConcept: { coding: [{ code: 'YP1', display: '阿莫西林胶囊' }], text: '阿莫西林胶囊' },
    encounter: { $key: { type: 'Encounter', parts: ['ZY1'] } },
    authoredOn: '2026-03-05T10:25:00+08:00',
    requester: { $key: { type: 'Practitioner', parts: ['D0123', '赵医生'] } },
    groupIdentifier: { value: 'CF7' },
    note: [{ text: '皮试阴性' }],
    dosageInstruction: [
      {
        text: '0.5克 BID 口服',
        patientInstruction: '饭后服',
        timing: {
          repeat: { boundsPeriod: { start: '2026-03-05T11:00:00+08:00', end: '2026-03-12T11:00:00+08:00' } },
          code: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation', code: 'BID' }], text: 'BID' },
        },
        route: { text: '口服' },
        doseAndRate: [{ doseQuantity: { value: 0.5, unit: '克', code: 'g' } }],
      },
    ],
    dispenseRequest: {
      quantity: { value: 21, unit: '粒' },
      numberOfRepeatsAllowed: 0,
      expectedSupplyDuration: { value: 7, code: 'd' },
    },
  })
})

test('RDE^O11 of v2.5.1: TQ1; several drugs under one number are told apart; a stopped order is cancelled', async () => {
  const { record } = await read(
    message(
      'RDE^O11',
      '2.5.1',
      PATIENT,
      INPATIENT,
      'ORC|DC|YZ2|||CM||||20260305102500',
      'RXE||YP2^0.9%氯化钠注射液^L|100||ml',
      'TQ1|1||QD||||20260305110000|20260306110000|S',
      'RXE||YP3^头孢曲松钠^L|2||g',
      'RXR|IV^静脉滴注',
    ),
  )
  const drugs = ofType(record, 'MedicationRequest')
  expect(drugs.map(({ key }) => key)).toMatchObject([{ parts: ['YZ2.1'] }, { parts: ['YZ2.2'] }])
  expect(drugs.map((one) => plain(one).status)).toEqual(['cancelled', 'cancelled'])
  expect(plain(drugs[0])).toMatchObject({
    priority: 'stat',
    dosageInstruction: [{ timing: { repeat: { boundsPeriod: { start: '2026-03-05T11:00:00+08:00' } } } }],
  })
  expect(plain(drugs[1])).toMatchObject({ dosageInstruction: [{ text: '2g 静脉滴注', route: { text: '静脉滴注' } }] })
})

test('components of a mixture make a Medication, to which the order refers (RXC)', async () => {
  const { record } = await read(
    message(
      'RDE^O11',
      '2.4',
      PATIENT,
      INPATIENT,
      'ORC|NW|YZ5||||||||20260305102500',
      'RXE||YP9^静配液^L|1||袋',
      'RXR|IV^静脉滴注',
      'RXC|B|YP2^0.9%氯化钠注射液|100|ml',
      'RXC|A|YP3^头孢曲松钠|2|g^克',
      'RXC|A|^维生素C注射液|若干',
      'RXC|A||1|g',
    ),
  )
  const [order] = ofType(record, 'MedicationRequest')
  expect(plain(order)).toMatchObject({
    medicationReference: { $key: { type: 'Medication', scope: 'H1', parts: ['order', 'YZ5'] }, display: '静配液' },
  })
  expect(plain(order)).not.toHaveProperty('medicationCodeableConcept')
  const [made] = ofType(record, 'Medication')
  expect(made?.key).toEqual({ type: 'Medication', scope: 'H1', parts: ['order', 'YZ5'] })
  expect(plain(made)).toMatchObject({
    code: { coding: [{ code: 'YP9', display: '静配液' }] },
    ingredient: [
      {
        itemCodeableConcept: { coding: [{ system: 'https://fhir-cn.example/sid/H1/drug-code', code: 'YP2' }], text: '0.9%氯化钠注射液' },
        strength: { numerator: { value: 100, unit: 'ml', code: 'mL' }, denominator: { value: 1 } },
      },
      { itemCodeableConcept: { text: '头孢曲松钠' }, isActive: true, strength: { numerator: { value: 2, unit: '克', code: 'g' } } },
      { itemCodeableConcept: { text: '维生素C注射液' }, isActive: true },
    ],
  })
  expect(record?.issues.map(({ code, at }) => [code, at]).sort()).toEqual([
    ['mapping-number-invalid', 'RXC[3]-3'],
    ['mapping-required', 'RXC[4]-2'],
  ])
})

test('a request for a drug in an ORM is the order that the pharmacy takes up (RXO)', async () => {
  const head = ['ORC|NW|YZ6|||||||20260305102500|||D0123^赵医生']
  const asked = await read(
    message('ORM^O01', '2.4', PATIENT, INPATIENT, ...head, 'RXO|YP1^阿莫西林胶囊|0.5||克|||PC^饭后服||||21|粒|0', 'RXR|PO^口服'),
  )
  const taken = await read(
    message('RDE^O11', '2.4', PATIENT, INPATIENT, ...head, 'RXE||YP1^阿莫西林胶囊|0.5||克||PC^饭后服|||21|粒|0', 'RXR|PO^口服'),
  )
  expect(asked.record?.issues).toEqual([])
  const [one] = ofType(asked.record, 'MedicationRequest')
  expect(one?.key).toEqual({ type: 'MedicationRequest', scope: 'H1', parts: ['YZ6'] })
  expect(plain(one)).toEqual(plain(ofType(taken.record, 'MedicationRequest')[0]))
  expect(asked.record?.unread).toEqual([])
})

test('what is cut is quarantined; an order without a number is told', async () => {
  expect((await read(message('RDE^O11', '2.4', PATIENT, 'ORC|NW|YZ3'))).reason).toMatchObject({ code: 'mapping-required', at: 'RXE' })
  const { record } = await read(message('RDE^O11', '2.4', PATIENT, INPATIENT, 'ORC|NW', 'RXE||YP1^某药', 'ORC|NW|YZ4', 'RXE||YP4^中药汤剂'))
  expect(record?.issues.map(({ code, at }) => [code, at])).toEqual([['mapping-required', 'ORC[1]-2']])
  expect(ofType(record, 'MedicationRequest')).toHaveLength(1)
})
