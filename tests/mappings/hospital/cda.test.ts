/** The discharge record C0049: what must come of the sample, by hand from the document, and what goes wrong with CDA. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { hospitalCda } from '../../../mappings/hospital/cda/index.ts'
import type { MappedRecord } from '../../../mappings/engine/types.ts'
import { brokenRules, context, ofType, plain, readAll, sample } from '../support.ts'
import { invalid, unresolved } from './rules.ts'

const hospital = context('hospital', 'H1')
const BASE = 'https://fhir-cn.example'
const bytes = sample('hospital/cda-c0049-discharge.xml')
const TEXT = bytes.toString('utf8')
const KEY = (type: string, ...parts: string[]) => ({ $key: { type, scope: 'H1', parts } })

const readBytes = (payload: Uint8Array | string) => readAll(hospitalCda, payload, { context: hospital })
const one = async (payload: Uint8Array | string = bytes): Promise<MappedRecord> => {
  const { mapped, rejected } = await readBytes(payload)
  expect(rejected).toEqual([])
  const record = mapped[0] as MappedRecord
  expect(brokenRules(record)).toEqual([])
  expect(unresolved(record)).toEqual([])
  expect(invalid(record)).toEqual([])
  return record
}
/** The sample with one thing changed; fails when it is not there. */
const changed = (from: string, to: string): string => {
  expect(TEXT).toContain(from)
  return TEXT.replace(from, to)
}
const reason = async (payload: Uint8Array | string) =>
  (await readBytes(payload)).rejected.map(({ reason: found }) => [found.code, found.at])
const issues = (record: MappedRecord) => record.issues.map(({ severity, code, at }) => [severity, code, at])

test('a character that is no text is flagged at its place, in the value it is marked', async () => {
  const record = await one(changed('反复胸痛 3 天', '反复胸痛 \u00853 天'))
  expect(issues(record).filter(([, code]) => code === 'mapping-character-unreadable')).toEqual([
    ['warning', 'mapping-character-unreadable', expect.stringMatching(/value$/)],
  ])
})

describe('documents that are not taken', () => {
  test.each([
    [
      'a DOCTYPE',
      TEXT.replace('<ClinicalDocument', '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><ClinicalDocument'),
      [['payload-doctype', 'document']],
    ],
    ['an undeclared entity', TEXT.replace('出院记录</title>', '&e;</title>'), [['payload-structure', 'document']]],
    ['cut off', TEXT.slice(0, 2000), [['payload-structure', 'document']]],
    ['another root', '<a/>', [['payload-structure', 'document']]],
    ['an unknown document type', TEXT.replace('code="C0049"', 'code="C0099"'), [['payload-type-unsupported', 'code/@code']]],
    [
      'a code of another system',
      TEXT.replace('codeSystem="2.16.156.10011.2.4"', 'codeSystem="1.2.3"'),
      [['payload-type-unsupported', 'code/@code']],
    ],
    ['no document number', TEXT.replace('DOC20260312000049', '-'), [['mapping-required', 'id/@extension']]],
    ['no time', TEXT.replace('<effectiveTime value="20260312161000"/>', ''), [['mapping-required', 'effectiveTime/@value']]],
    ['an impossible time', TEXT.replace('20260312161000', '20260332161000'), [['mapping-date-invalid', 'effectiveTime/@value']]],
  ])('%s', async (_what, text, expected) => expect(await reason(text)).toEqual(expected))

  test('half a character', async () =>
    expect(await reason(Buffer.concat([bytes, Buffer.from([0xe7])]))).toEqual([['payload-charset', 'document']]))

  test('of another hospital (D48)', async () => {
    const foreign = { ...hospital, organization: (code: string | undefined) => (code === undefined ? 'H1' : 'H2') }
    const { rejected } = await readAll(hospitalCda, bytes, { context: foreign })
    expect(rejected[0]?.reason).toEqual({ severity: 'error', code: 'mapping-organization', at: 'custodian' })
  })
})

describe('the sample', () => {
  test('what it is made of, and what nobody reads', async () => {
    const record = await one()
    expect([record.recordType, record.deliveryId]).toEqual(['C0049', 'DOC20260312000049'])
    expect(record.resources.map(({ resource, placeholder }) => resource.resourceType + (placeholder ? '?' : ''))).toEqual([
      'Patient',
      'Practitioner',
      'Practitioner',
      'Encounter',
      'Condition',
      'Condition',
      'Observation',
      'Composition',
      'DocumentReference',
      'Binary',
    ])
    expect(new Set(record.resources.map(({ statedAt }) => statedAt))).toEqual(new Set(['2026-03-12T08:10:00.000Z']))
    expect(record.issues).toEqual([])
    // A bed without its ward is no place; an age is no birth date.
    expect(record.unread.map((place) => place.split('/').slice(-2).join('/'))).toEqual(['id/@extension', 'age/@value', 'age/@unit'])
  })

  test('the patient: identity number and visit; the age never becomes a birth date', async () => {
    const record = await one()
    expect(record.patient).toEqual({
      local: [
        { kind: 'IPNO', value: 'ZY20260305001', strong: false },
        { kind: 'VISIT', value: 'ZY20260305001', strong: false },
      ],
      legal: { type: '01', number: '110100195803120019' },
      name: '王建国',
      gender: 'male',
    })
    const patient = plain(ofType(record, 'Patient')[0])
    expect(patient).toMatchObject({ name: [{ text: '王建国' }], gender: 'male' })
    expect(patient).not.toHaveProperty('birthDate')
  })

  test('the stay has ended', async () => {
    const encounter = ofType(await one(), 'Encounter')[0]
    expect(encounter?.key).toEqual(KEY('Encounter', 'ZY20260305001').$key)
    expect(plain(encounter)).toMatchObject({
      status: 'finished',
      class: { code: 'IMP' },
      period: { start: '2026-03-05T09:15:00+08:00', end: '2026-03-12T15:00:00+08:00' },
      diagnosis: [
        { condition: KEY('Condition', 'ZY20260305001', 'I20.000'), use: { coding: [{ code: 'AD' }] } },
        { condition: KEY('Condition', 'ZY20260305001', 'I25.103'), use: { coding: [{ code: 'DD' }] }, rank: 1 },
      ],
      serviceProvider: KEY('Organization'),
    })
    expect(plain(encounter)).not.toHaveProperty('location')
  })

  test('admission and discharge diagnosis, told apart by displayName', async () => {
    const conditions = ofType(await one(), 'Condition')
    expect(conditions.map((each) => [each.key, plain(each).code])).toEqual([
      [
        KEY('Condition', 'ZY20260305001', 'I20.000').$key,
        {
          coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.11.3', version: 'clinical-2.0', code: 'I20.000', display: '不稳定型心绞痛' }],
          text: '不稳定型心绞痛',
        },
      ],
      [
        KEY('Condition', 'ZY20260305001', 'I25.103').$key,
        {
          coding: [
            { system: 'urn:oid:2.16.156.10011.2.3.3.11.3', version: 'clinical-2.0', code: 'I25.103', display: '冠状动脉粥样硬化性心脏病' },
          ],
          text: '冠状动脉粥样硬化性心脏病',
        },
      ],
    ])
  })

  test('the document', async () => {
    const composition = plain(ofType(await one(), 'Composition')[0])
    expect(composition).toMatchObject({
      meta: { profile: [`${BASE}/StructureDefinition/cn-composition-discharge`] },
      extension: [{ url: `${BASE}/StructureDefinition/cn-template-id`, valueOid: 'urn:oid:2.16.156.10011.2.1.1.69' }],
      identifier: { system: `${BASE}/sid/H1/document-no`, value: 'DOC20260312000049' },
      type: { coding: [{ system: 'urn:oid:2.16.156.10011.2.4', code: 'C0049', display: '出院记录' }] },
      encounter: KEY('Encounter', 'ZY20260305001'),
      date: '2026-03-12T16:10:00+08:00',
      author: [{ ...KEY('Practitioner', 'D0123', '赵医生'), display: '赵医生' }],
      attester: [{ mode: 'professional', time: '2026-03-12T16:05:00+08:00', party: KEY('Practitioner', 'D0001', '孙主任') }],
      custodian: KEY('Organization'),
      confidentiality: 'N',
      language: 'zh-CN',
    })
  })

  test('its sections: all that is filled, nothing that is not', async () => {
    const sections = plain(ofType(await one(), 'Composition')[0]).section as {
      code: { coding: { code: string }[] }
      text: { div: string }
      entry?: unknown[]
      emptyReason?: unknown
    }[]
    expect(sections.map(({ code }) => code.coding[0]?.code)).toEqual(['11450-4', '11535-2', '8648-8', '46209-3', '11535-2'])
    expect(sections[0]?.text.div).toBe('<div xmlns="http://www.w3.org/1999/xhtml"><p>入院情况：反复胸痛 3 天，加重 2 小时。</p></div>')
    expect(sections[1]?.text.div).toContain('<p>入院诊断编码：不稳定型心绞痛（I20.000）</p><p>入院日期时间：2026-03-05T09:15:00+08:00</p>')
    expect(sections.map(({ entry }) => entry?.length)).toEqual([undefined, 2, undefined, undefined, 1])
    expect(sections[3]).toMatchObject({
      text: { div: expect.stringContaining('未填写') },
      emptyReason: { coding: [{ code: 'unavailable' }] },
    })
    expect(JSON.stringify(sections)).not.toContain('中药用药方法')
    for (const text of [
      '冠脉造影：前降支近段狭窄 85%',
      '3 月 6 日行经皮冠状动脉支架置入术，术后恢复良好。',
      '好转',
      '无胸痛，心率 68 次/分。',
      '阿司匹林肠溶片 100mg qd；1 月后复诊。',
    ]) {
      expect(JSON.stringify(sections)).toContain(text)
    }
  })

  test('signatory and original', async () => {
    const record = await one()
    expect(ofType(record, 'Practitioner').map((each) => plain(each))).toMatchObject([
      { identifier: [{ system: `${BASE}/sid/H1/staff-no`, value: 'D0123' }], name: [{ text: '赵医生' }] },
      { identifier: [{ value: 'D0001' }], name: [{ text: '孙主任' }], extension: [{ valueCodeableConcept: { text: '主任医师' } }] },
    ])
    expect(plain(ofType(record, 'DocumentReference')[0])).toMatchObject({
      masterIdentifier: { value: 'DOC20260312000049' },
      content: [
        {
          attachment: {
            contentType: 'text/xml',
            url: { $url: KEY('Binary', 'DOC20260312000049').$key },
            size: bytes.length,
            hash: createHash('sha1').update(bytes).digest('base64'),
          },
        },
      ],
    })
    expect(Buffer.from(plain(ofType(record, 'Binary')[0]).data as string, 'base64').equals(bytes)).toBe(true)
  })
})

describe('what differs between hospitals', () => {
  test('GB 18030, declared or not', async () => {
    const declared = await one(iconv.encode(changed('encoding="UTF-8"', 'encoding="GB18030"'), 'gb18030'))
    expect([declared.patient?.name, declared.issues]).toEqual(['王建国', []])
    const wrong = await one(iconv.encode(TEXT, 'gb18030'))
    expect([wrong.patient?.name, issues(wrong)]).toEqual(['王建国', [['warning', 'payload-charset', 'xml declaration']]])
  })

  test('birthTime is a birth date, also when it contradicts the identity number (D8)', async () => {
    const record = await one(changed('<age value="67" unit="岁"/>', '<birthTime value="19580313"/>'))
    expect(plain(ofType(record, 'Patient')[0]).birthDate).toBe('1958-03-13')
    expect(issues(record)).toEqual([['warning', 'mapping-conflict', 'recordTarget/patientRole/patient/birthTime/@value']])
  })

  test('a wrong identity number is kept aside and flagged at its place (D9)', async () => {
    const record = await one(changed('extension="110100195803120019"', 'extension="110100195803120018"'))
    expect(issues(record)).toEqual([['warning', 'mapping-identity-invalid', 'recordTarget/patientRole/patient/id/@extension']])
  })

  test('not discharged yet: the end is absent; discharged before admitted: flagged (D4, D7)', async () => {
    const open = await one(changed('<value xsi:type="TS" value="20260312150000"/>', '<value xsi:type="TS" value="19000101000000"/>'))
    expect(plain(ofType(open, 'Encounter')[0]).period).toEqual({ start: '2026-03-05T09:15:00+08:00' })
    const early = await one(changed('value="20260312150000"', 'value="20260301150000"'))
    expect(issues(early).map(([severity, code]) => [severity, code])).toEqual([['warning', 'mapping-date-order']])
  })

  test('disease and syndrome of Chinese medicine share their data elements', async () => {
    const entry = (name: string, code: string, display: string) =>
      `<entry><observation><code code="DE05.10.172.00" displayName="出院诊断-${name}名称"/><value xsi:type="ST">${display}</value><entryRelationship><observation><code code="DE05.10.130.00" displayName="出院诊断-${name}代码"/><value xsi:type="CD" code="${code}" displayName="${display}"/></observation></entryRelationship></observation></entry>`
    const marker = '<entry><observation classCode="OBS" moodCode="EVN"><code code="DE04.01.117.00"'
    const record = await one(changed(marker, entry('中医病名', 'BNX020', '胸痹') + entry('中医证候', 'BZX010', '心血瘀阻证') + marker))
    expect(
      ofType(record, 'Condition')
        .map((each) => [plain(each).category, plain(each).code])
        .slice(2),
    ).toMatchObject([
      [
        [{ coding: [{ code: 'tcm-disease' }] }],
        { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.14', code: 'BNX020', display: '胸痹' }] },
      ],
      [[{ coding: [{ code: 'tcm-syndrome' }] }], { coding: [{ code: 'BZX010', display: '心血瘀阻证' }] }],
    ])
  })

  test('a diagnosis by name only is text and goes to the work list (D28)', async () => {
    const record = await one(
      changed('code="I25.103" codeSystem="2.16.156.10011.2.3.3.11.3" displayName="冠状动脉粥样硬化性心脏病"', 'code="-"'),
    )
    expect(plain(ofType(record, 'Condition')[1]).code).toEqual({ text: '冠状动脉粥样硬化性心脏病' })
    expect(record.unmapped).toEqual([
      { map: 'diagnosis', system: `${BASE}/sid/H1/diagnosis-code`, code: '冠状动脉粥样硬化性心脏病', display: '冠状动脉粥样硬化性心脏病' },
    ])
  })

  test('markup and scripts in texts come out escaped (D37)', async () => {
    const record = await one(changed('反复胸痛 3 天', '&lt;script&gt;alert(1)&lt;/script&gt;a &amp; b &lt;0.01'))
    const [section] = plain(ofType(record, 'Composition')[0]).section as { text: { div: string } }[]
    expect(section?.text.div).toContain('&lt;script&gt;alert(1)&lt;/script&gt;a &amp; b &lt;0.01')
  })

  test('the ward around the bed makes a place', async () => {
    const nested =
      '<asOrganizationPartOf><wholeOrganization><id root="2.16.156.10011.1.26" extension="0305"/><name>心内科</name></wholeOrganization></asOrganizationPartOf></wholeOrganization></asOrganizationPartOf></serviceProviderOrganization>'
    const record = await one(changed('</wholeOrganization></asOrganizationPartOf></serviceProviderOrganization>', nested))
    expect(plain(ofType(record, 'Encounter')[0])).toMatchObject({
      location: [{ location: KEY('Location', '0305', '12') }],
      serviceType: { text: '心内科' },
    })
    expect(ofType(record, 'Location')[0]).toMatchObject({ placeholder: true, resource: { name: '心内科 12 床' } })
  })

  test('signatures by name only are displays (D45)', async () => {
    const record = await one(changed('<id root="2.16.156.10011.1.4" extension="D0001"/>', ''))
    expect(ofType(record, 'Practitioner')).toHaveLength(1)
    expect(plain(ofType(record, 'Composition')[0]).attester).toEqual([
      { mode: 'professional', time: '2026-03-12T16:05:00+08:00', party: { display: '孙主任' } },
    ])
  })

  test('a new version replaces the old document', async () => {
    const record = await one(
      changed(
        '<componentOf>',
        '<relatedDocument typeCode="RPLC"><parentDocument><id root="2.16.156.10011.1.1" extension="DOC1"/></parentDocument></relatedDocument><componentOf>',
      ),
    )
    expect(plain(ofType(record, 'Composition')[0]).relatesTo).toEqual([
      { code: 'replaces', targetIdentifier: { system: `${BASE}/sid/H1/document-no`, value: 'DOC1' } },
    ])
  })

  test('no visit number: the document is stored, diagnoses and stay are not, and it says so', async () => {
    const { mapped } = await readBytes(changed('extension="ZY20260305001"', 'extension="-"'))
    expect(mapped[0]?.resources.map(({ resource }) => resource.resourceType)).toEqual([
      'Patient',
      'Practitioner',
      'Practitioner',
      'Observation',
      'Composition',
      'DocumentReference',
      'Binary',
    ])
    expect(issues(mapped[0] as MappedRecord)).toEqual([['warning', 'mapping-required', 'recordTarget/patientRole/id/@extension']])
    expect(unresolved(mapped[0] as MappedRecord)).toEqual([])
  })
})

test('whatever is changed in a document, it is mapped or rejected', async () => {
  const position = fc.integer({ min: 0, max: TEXT.length - 1 })
  const piece = fc.constantFrom('', '-', '<', '&', '"', '</', '<value xsi:type="CD" code="I10"/>', '<entry/>', '王', '99991231', '\u0000')
  await fc.assert(
    fc.asyncProperty(position, fc.integer({ min: 0, max: 40 }), piece, async (at, cut, put) => {
      const { mapped, rejected } = await readBytes(TEXT.slice(0, at) + put + TEXT.slice(at + cut))
      expect(mapped.length + rejected.length).toBe(1)
      for (const record of mapped) expect(unresolved(record)).toEqual([])
    }),
    { numRuns: 200 },
  )
})
