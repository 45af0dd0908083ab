/**
 * Whoever refuses to be collected is not stored as somebody else's relative either: that there is a mother stays, and nothing by which she is known.
 * And not as a number that stands in something which nobody could read (formats.md D49).
 */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { systemDecision } from '../../server/access/decision.ts'
import { NATIONAL } from '../../server/fhir/canonical.ts'
import { give, type Words, withdraw } from '../consent/resources.ts'
import { admission, valid } from '../linking/sending.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'
import { codesOf, documentsHolding, sentTo } from './sent-to-server.ts'
import { observation, recordsMapping, rig, sourceOf } from './support.ts'

const SYSTEM = systemDecision('test')
const COLLECT = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentaction', code: 'collect' }] }]
const NOT_AT_ALL: Words = { series: 'none', policy: 'OPTOUT', provision: { action: COLLECT } }
const NO_LABORATORY: Words = {
  series: 'lab',
  policy: 'OPTOUT',
  provision: { action: COLLECT, class: [{ system: 'http://hl7.org/fhir/resource-types', code: 'Observation' }] },
}
/** Refuses; does not; refuses that results be collected, and nothing else. */
const REFUSER = valid('11010119900307002')
const WILLING = valid('11010119910307004')
const PARTLY = valid('11010119920307006')

let server: TestServer
let consent: Awaited<ReturnType<typeof give>>
beforeAll(async () => {
  server = await startTestServer()
  await hl7(admission({ pi: 'M1', name: '欧阳拒', number: REFUSER }))
  await hl7(admission({ pi: 'M2', name: '司马愿', number: WILLING }))
  await hl7(admission({ pi: 'M3', name: '上官半', number: PARTLY }))
  consent = await give(server, await patientOf(REFUSER), NOT_AT_ALL)
  await give(server, await patientOf(PARTLY), NO_LABORATORY)
}, 60_000)
afterAll(() => server.stop())

const send = (source: string, client: string, body: string | Uint8Array, type: string, file: string): Promise<Answer> =>
  sentTo(server, { source, client, type, file }, body)
const hl7 = (body: string | Uint8Array): Promise<Answer> => send('h1-his', 'h1-engine', body, 'application/hl7-v2', 'm')

const statusOf = (answer: Answer): string =>
  (answer.json.extension[0].extension as { url: string; valueCode?: string }[]).find(({ url }) => url === 'status')?.valueCode ?? ''

async function all(type: string): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = []
  for await (const batch of server.running.store.stream(SYSTEM, type, { kind: 'everything' }))
    for (const { body } of batch) found.push(JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>)
  return found
}

async function patientOf(text: string): Promise<string> {
  const found = (await all('Patient')).find((one) => JSON.stringify(one).includes(text))
  if (!found) throw new Error('no such patient')
  return String(found.id)
}

const holding = (text: string): Promise<Record<string, number>> => documentsHolding(server, text)

/** Of the patient the relatives that are stored, without ids and labels. */
async function relativesOf(pi: string): Promise<unknown[]> {
  const patient = await patientOf(`"${pi}"`)
  const theirs = (await all('RelatedPerson')).filter((one) => JSON.stringify(one.patient).includes(patient))
  return theirs.map(({ id: _id, meta: _meta, patient: _patient, ...said }) => said)
}
const MOTHER = {
  resourceType: 'RelatedPerson',
  active: true,
  relationship: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code: 'MTH', display: 'mother' }] }],
}
const codesOfRelation = (one: unknown): unknown => (one as typeof MOTHER).relationship[0]?.coding.map(({ code }) => code)

/** Born on the day of its admission, under its mother's number. */
const newborn = (pi: string, number: string, name = '新生儿'): string => admission({ pi, name, birth: '20260305', number, sex: 'M' })

describe('a newborn under the number of a mother', () => {
  test('who refuses keeps that it has one: neither her number nor a byte of the message', async () => {
    const before = await holding(REFUSER)
    const receipt = await hl7(newborn('N1', REFUSER, '欧阳拒之子'))
    expect([receipt.status, codesOf(receipt)]).toEqual([200, expect.arrayContaining(['link-newborn', 'relative-not-collected'])])
    expect(receipt.text).not.toMatch(/consent|refusal|refused by|拒绝|同意/i)
    expect(await holding(REFUSER)).toEqual(before)
    expect(await relativesOf('N1')).toEqual([MOTHER])
    const payload = await server.running.store.table(SYSTEM, 'payloads').get(String(receipt.json.id))
    expect([payload?.inline, payload?.chunks]).toEqual([null, 0])
  })

  test('who does not refuse keeps both', async () => {
    const receipt = await hl7(newborn('N2', WILLING, '司马愿之子'))
    expect(codesOf(receipt)).not.toContain('relative-not-collected')
    expect(await relativesOf('N2')).toEqual([
      { ...MOTHER, identifier: [expect.objectContaining({ value: WILLING })], name: [{ text: '司马愿' }] },
    ])
  })

  test('that comes with others is told of as alone, and theirs are stored as they are', async () => {
    const before = await holding(REFUSER)
    const sent = ['G1', 'G2', 'G3', 'G4', 'G5', 'G6'].map((pi, at) => newborn(pi, at === 3 ? REFUSER : WILLING, `新生儿${at}`))
    const answers = await Promise.all(sent.map((message) => hl7(message)))
    expect(answers.map(({ status }) => status)).toEqual(sent.map(() => 200))
    expect(answers.map((answer) => codesOf(answer).includes('relative-not-collected'))).toEqual(sent.map((_, at) => at === 3))
    expect(await relativesOf('G4')).toEqual([MOTHER])
    for (const pi of ['G1', 'G2', 'G3', 'G5', 'G6']) expect(JSON.stringify(await relativesOf(pi))).toContain(WILLING)
    expect(await holding(REFUSER)).toEqual(before)
  })

  test('who refuses something else keeps both', async () => {
    expect(codesOf(await hl7(newborn('N3', PARTLY)))).not.toContain('relative-not-collected')
    expect(JSON.stringify(await relativesOf('N3'))).toContain(PARTLY)
  })

  test('is known by its own number afterwards, and what comes under that is stored', async () => {
    const receipt = await hl7(admission({ pi: 'N1', name: '欧阳小', birth: '20260305', sex: 'M', visit: 'VN1' }))
    expect([statusOf(receipt), codesOf(receipt)]).toEqual([expect.stringMatching(/^stored/), expect.not.arrayContaining(['not-collected'])])
  })

  test('loses what its next of kin say of her, also where they have no number', async () => {
    const nk1 = '\rNK1|1|欧阳拒|MTH^母亲|京南路四号|13911110001\rNK1|2|欧阳父|FTH^父亲|京北路五号|13911110002'
    await hl7(newborn('N4', REFUSER) + nk1)
    const stored = await relativesOf('N4')
    expect(stored).toHaveLength(3)
    expect([await holding('13911110001'), await holding('京南路四号')]).toEqual([{}, {}])
    expect(JSON.stringify(stored)).toContain('13911110002')
    expect(stored.map(codesOfRelation)).toEqual(expect.arrayContaining([['MTH'], ['FTH', 'FTH']]))
  })
})

describe('next of kin', () => {
  const NAMED = (number: string): string => `\rNK1|1|欧阳亲|MTH^母亲|京西路六号|13911110003${'|'.repeat(28)}${number}`

  test.each([
    ['the identity number', `${REFUSER}^^^MPS^NI`],
    ["the hospital's number", 'M1^^^0001^PI'],
  ])('who are told of with %s of somebody who refuses are not told of', async (_, number) => {
    const receipt = await hl7(admission({ pi: `K${number.length}`, name: '子女甲' }) + NAMED(number))
    expect(codesOf(receipt)).toContain('relative-not-collected')
    expect(await holding('13911110003')).toEqual({})
    expect((await relativesOf(`K${number.length}`)).map(codesOfRelation)).toEqual([['MTH', 'MTH']])
  })

  test('who are told of with the number of somebody who does not are', async () => {
    const receipt = await hl7(admission({ pi: 'K9', name: '子女乙' }) + NAMED('M2^^^0001^PI'))
    expect(codesOf(receipt)).not.toContain('relative-not-collected')
    expect(await holding('13911110003')).toEqual(expect.objectContaining({ RelatedPerson: 1, payloads: 1 }))
  })

  test('of whom the patient segment alone has the number leave no byte', async () => {
    const withMother = (pi: string, number: string): string =>
      admission({ pi, name: '子女丙' }).replace(/(PID\|.*)/, (pid) => `${pid}${'|'.repeat(21 - (pid.split('|').length - 1))}${number}`)
    const before = await holding(REFUSER)
    expect(codesOf(await hl7(withMother('K7', `${REFUSER}^^^MPS^NI`)))).toContain('relative-not-collected')
    expect(await holding(REFUSER)).toEqual(before)
    // She is the mother of whom the next of kin say more.
    const nk1 = '\rNK1|1|欧阳拒|MTH^母亲||13911110005\rNK1|2|欧阳父|FTH^父亲||13911110006'
    await hl7(withMother('K6', 'M1^^^0001^PI') + nk1)
    expect([await holding('13911110005'), JSON.stringify(await relativesOf('K6')).includes('13911110006')]).toEqual([{}, true])
    expect(codesOf(await hl7(withMother('K8', `${WILLING}^^^MPS^NI`)))).not.toContain('relative-not-collected')
  })
})

describe('a message that names her beside the segment that says who she is', () => {
  const kin = `\rNK1|1|欧阳拒|MTH^母亲||13911110007${'|'.repeat(28)}${REFUSER}^^^MPS^NI`
  const pdf = Buffer.from('%PDF-1.4 scanned').toString('base64')
  const report = (pi: string, value: string): string =>
    `${admission({ pi, name: '子女戊' }).replace('ADT^A01', 'ORU^R01')}${kin}\rOBR|1||BG-${pi}|P^检查|||20260310080000|||||||||||||||20260310090000||CH|F\r${value}`

  test.each([
    ['in a diagnosis', (pi: string) => `${admission({ pi, name: '子女戊' })}${kin}\rDG1|1||J18.900^其母歐陽拒陪同|||A`],
    ['in a result', (pi: string) => report(pi, 'OBX|1|TX|N1^记录||欧阳女士陪同||||||F')],
    ['perhaps in a scan', (pi: string) => report(pi, `OBX|1|ED|N1^报告||^application^pdf^Base64^${pdf}||||||F`)],
  ])('is refused: %s', async (_, message) => {
    const body = message('K20')
    expect(codesOf(await hl7(body))).toContain('not-collected')
    expect([await holding('13911110007'), await holding('歐陽拒'), await holding('欧阳女士')]).toEqual([{}, {}, {}])
    expect(await holding(pdf)).toEqual({})
  })

  test('is stored without her where it names nobody there', async () => {
    const receipt = await hl7(`${admission({ pi: 'K21', name: '子女戊' })}${kin}\rDG1|1||J18.900^肺炎|||A`)
    expect(codesOf(receipt)).toContain('relative-not-collected')
    expect(await holding('13911110007')).toEqual({})
  })

  test('is stored without its bytes where nothing is made of that segment', async () => {
    const receipt = await hl7(report('K22', 'OBX|1|TX|N1^记录||无异常||||||F'))
    expect(codesOf(receipt)).toContain('relative-not-collected')
    expect([await holding('13911110007'), await holding('无异常')]).toEqual([{}, expect.objectContaining({ Observation: 1 })])
  })
})

test('a document that somebody who refuses signed is refused as a whole: its original names her', async () => {
  const document = await readFile(new URL('../fixtures/samples/hospital/cda/C0026.xml', import.meta.url), 'utf8')
  // The number of the wife who signs beside the patient.
  const signedBy = (number: string) =>
    send('h1-cda', 'h1-engine', document.replace('110100196008230029', number), 'application/xml', 'c.xml')
  const before = await holding(REFUSER)
  expect([codesOf(await signedBy(REFUSER)), await all('Composition')]).toEqual([['ingest-summary', 'not-collected'], []])
  expect(await holding(REFUSER)).toEqual(before)
  // The patient refused nothing: what else comes of him is taken.
  expect(codesOf(await signedBy(WILLING))).not.toContain('not-collected')
  expect(await all('Composition')).toHaveLength(1)
})

describe('what cannot be read', () => {
  const wide = (text: string): string => text.replace(/[0-9X]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0))
  const spellings: [string, (number: string) => string | Uint8Array][] = [
    ['a message without a header', (number) => `PID|1||X^^^0001^PI~${number}^^^MPS^NI||某`],
    ['one in digits of full width', (number) => `PID|1||X^^^0001^PI~${wide(number)}^^^MPS^NI||某`],
    ['one in UTF-16', (number) => new Uint8Array(Buffer.from(`PID|1||${number}||某`, 'utf16le'))],
    [
      'a message of a type that is not taken, of somebody else',
      (number) => `${admission({ pi: 'U1', name: '某' }).replace('ADT^A01', 'ADT^A99')}\rNTE|1||${number}`,
    ],
  ]
  test.each(spellings)('and names a refuser leaves nothing: %s', async (_, body) => {
    const before = await holding(REFUSER)
    const receipt = await hl7(body(REFUSER))
    expect([codesOf(receipt), receipt.headers.get('content-location')]).toEqual([['ingest-summary', 'not-collected'], null])
    expect(await holding(REFUSER)).toEqual(before)
    const other = await hl7(body(WILLING))
    expect([codesOf(other).includes('not-collected'), statusOf(other)]).toEqual([false, 'quarantined'])
  })

  test('is cut out of its table, and the rows beside it stay', async () => {
    const head = 'YLJGYQDM,KH,KLX,ZJHM,ZJLX,XM,XB,CSRQ,YWSCSJ,XGBZ'
    // One column too many: to whom it belongs cannot be told.
    const broken = (number: string): string => `0001,C9,0,${number},01,某,某,2,19900307,2026-03-10 01:00:00,1`
    const before = await holding(REFUSER)
    const receipt = await send(
      'rhip',
      'ha',
      `${head}\n${broken(REFUSER)}\n${broken(WILLING)}\n`,
      'text/csv',
      'TB_YL_PATIENT_INFORMATION.csv',
    )
    expect(codesOf(receipt)).toContain('not-collected')
    expect(await holding(REFUSER)).toEqual(before)
    const parts = await server.running.store.table(SYSTEM, 'quarantine').find({ payload: String(receipt.json.id) })
    expect(parts.map(({ raw }) => Buffer.from(raw as Uint8Array).includes(WILLING))).toEqual([true])
  })
})

test('what was left out comes in when the refusal is over', async () => {
  await withdraw(server, await patientOf(REFUSER), consent)
  expect(codesOf(await hl7(newborn('N5', REFUSER, '欧阳拒之女')))).not.toContain('relative-not-collected')
  expect(JSON.stringify(await relativesOf('N5'))).toContain(REFUSER)
})

test('the bytes of what waited for its patient go with the waiting, where she refused meanwhile', async () => {
  const later = valid('11010119930307008')
  await hl7(admission({ pi: 'M4', name: '诸葛迟', number: later }))
  const waits = admission({ pi: 'X', name: '子女丁', visit: 'VW4' }).replace('X^^^0001^PI', '')
  const nk1 = `\rNK1|1|诸葛迟|MTH^母亲||13911110004${'|'.repeat(28)}${later}^^^MPS^NI`
  const receipt = await hl7(waits + nk1)
  expect(codesOf(receipt)).toContain('waiting-for-patient')
  // By her telephone she would be found in what the record says, were she to refuse.
  expect(await holding('13911110004')).toEqual({ payloads: 1, waiting_records: 1 })
  expect(await holding(later)).toEqual(expect.objectContaining({ waiting_records: 1 }))
  await give(server, await patientOf(later), NOT_AT_ALL)
  await hl7(admission({ pi: 'K4', name: '子女丁', visit: 'VW4' }))
  expect(await holding('13911110004')).toEqual({})
  expect(await holding(later)).not.toHaveProperty('waiting_records')
  // Without a number of the patient nobody can be told of as his relative.
  expect(await relativesOf('K4')).toEqual([])
})

test('whoever refuses between the question and the transaction is asked again there', async () => {
  let asked = 0
  const one = await rig([sourceOf('h1', 'hospital', 'H1')], {
    mayCollect: (ask) => {
      // Nobody is known under her number.
      const isOfHer = ask.patients.length === 0
      return Promise.resolve({ refusers: isOfHer && ++asked > 1 ? ['her'] : [], side: [] })
    },
  })
  const resource = {
    resourceType: 'RelatedPerson',
    identifier: [{ system: NATIONAL.idCard, value: REFUSER }],
    patient: { $patient: true },
    name: [{ text: '欧阳拒' }],
  }
  const key = { type: 'RelatedPerson', scope: 'H1', parts: ['1'] }
  await one.send('h1', [
    {
      patient: { local: [{ kind: 'PI', value: '1', strong: true }] },
      resources: [{ key, resource, state: 'current', statedAt: '2026-03-06T08:00:00Z' }],
    },
  ])
  const [stored] = await one.all('RelatedPerson')
  expect(stored).toEqual(expect.objectContaining({ resourceType: 'RelatedPerson', patient: expect.anything() }))
  expect([stored?.name, stored?.identifier]).toEqual([undefined, undefined])
  expect(one.events.flatMap(({ persons }) => persons ?? [])).toEqual(['her'])
  await one.close()
})

test('among rows of a table she is asked about as well, and the others are stored together', async () => {
  const one = await rig([sourceOf('h1', 'hospital', 'H1', 'test/table')], {
    mapping: (id) => ({ ...recordsMapping, id, mode: 'table' }),
    // Nobody is known under her number.
    mayCollect: ({ patients }) => Promise.resolve({ refusers: patients.length === 0 ? ['her'] : [], side: [] }),
  })
  const relative = {
    key: { type: 'RelatedPerson', scope: 'H1', parts: ['1'] },
    resource: {
      resourceType: 'RelatedPerson',
      identifier: [{ system: NATIONAL.idCard, value: REFUSER }],
      patient: { $patient: true },
      name: [{ text: '欧阳拒' }],
    },
    state: 'current',
    statedAt: '2026-03-06T08:00:00Z',
  }
  const rows = ['1', '2', '3', '4'].map((no) => ({
    deliveryId: no,
    patient: { local: [{ kind: 'PI', value: no, strong: true }] },
    resources: [observation('H1', no, { valueString: no }), ...(no === '3' ? [relative] : [])],
  }))
  const { counts } = await one.send('h1', rows)
  expect(counts).toMatchObject({ records: 4, storedWithIssues: 1, stored: 3 })
  expect(await one.all('Observation')).toHaveLength(4)
  const [stored] = await one.all('RelatedPerson')
  expect([stored?.resourceType, stored?.name, stored?.identifier]).toEqual(['RelatedPerson', undefined, undefined])
  expect(one.events.flatMap(({ persons }) => persons ?? [])).toEqual(['her'])
  await one.close()
})
