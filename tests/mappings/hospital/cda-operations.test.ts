/** Operations, transfusions and births: C0009, C0013, C0015, C0046, by hand from the data sets of WS 445. */
import { describe, expect, test } from '@jest/globals'
import { ofType, plain } from '../support.ts'
import { all, bl, cd, entry, KEY, pq, read, said, st, ts, VISIT, within } from './cda-entries.ts'
import { invalid } from './rules.ts'

describe('operations', () => {
  const procedure = (inner: string, code = '51.2300', display = '腹腔镜下胆囊切除术', mood = 'EVN'): string =>
    `<procedure classCode="PROC" moodCode="${mood}"><code code="${code}" codeSystem="2.16.156.10011.2.3.3.12" displayName="${display}"/>${inner}</procedure>`
  const time = '<effectiveTime><low value="20260306083000"/><high value="20260306103000"/></effectiveTime>'
  const surgeon =
    '<performer><assignedEntity><id root="2.16.156.10011.1.4" extension="D0200"/><assignedPerson><name>钱医生</name></assignedPerson></assignedEntity></performer>'
  const helper =
    '<participant typeCode="ATND"><participantRole><code displayName="Ⅰ助"/><playingEntity><name>孙医生</name></playingEntity></participantRole></participant>'

  test('what stands in the procedure and what stands loose beside it is one operation (C0009)', async () => {
    const record = await read('C0009', [
      [
        '47519-4 HISTORY OF PROCEDURES',
        entry(procedure(time + surgeon + helper + within(said('DE06.00.255.00', '手术级别', cd('3', '三级手术'))))),
      ],
      ['55103-6 Surgical operation note estimated blood loss', entry(said('DE06.00.097.00', '出血量(ml)', pq('50', 'ml')))],
      [
        '56836-0 History of blood transfusion',
        entry(said('DE06.00.267.00', '输血量(ml)', pq('0', 'ml')), said('DE06.00.264.00', '输血反应标志', bl('false'))),
      ],
      [
        '10213-7 Surgical operation note anesthesia',
        entry(
          said(
            'DE06.00.073.00',
            '麻醉方式代码',
            cd('01', '全身麻醉'),
            '<performer><assignedEntity><id/><assignedPerson><name>吴医生</name></assignedPerson></assignedEntity></performer>',
          ),
        ),
      ],
      [
        '8724-7 Surgical operation note description',
        entry(said('DE05.10.063.00', '手术过程描述', st('顺利'), within(said('DE06.00.187.00', '手术目标部位名称', st('胆囊'))))),
      ],
    ])
    expect(invalid(record)).toEqual([])
    expect(all(record, 'Procedure')).toMatchObject([
      {
        status: 'completed',
        code: {
          coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.12', version: 'clinical-2.0', code: '51.2300' }],
          text: '腹腔镜下胆囊切除术',
        },
        performedPeriod: { start: '2026-03-06T08:30:00+08:00', end: '2026-03-06T10:30:00+08:00' },
        performer: [
          { function: { coding: [{ code: 'surgeon' }] }, actor: { ...KEY('Practitioner', 'D0200', '钱医生'), display: '钱医生' } },
          { function: { coding: [{ code: 'assistant1' }] }, actor: { display: '孙医生' } },
          { function: { coding: [{ code: 'anaesthetist' }] }, actor: { display: '吴医生' } },
        ],
        bodySite: [{ text: '胆囊' }],
        note: [{ text: '手术过程描述：顺利' }],
        extension: [
          { url: expect.stringMatching(/cn-surgery-level$/), valueCoding: { code: '3' } },
          {
            url: expect.stringMatching(/cn-anaesthesia-method$/),
            valueCodeableConcept: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.1.159', code: '01' }] },
          },
        ],
      },
    ])
    // Nothing was transfused: no transfusion, but the measured nought and the blood that was lost.
    expect(
      all(record, 'Observation').map(({ code, valueQuantity }) => [
        (code as { text: string }).text,
        (valueQuantity as { value?: number })?.value,
      ]),
    ).toEqual([
      ['出血量(ml)', 50],
      ['输血量(ml)', 0],
      ['输血反应标志', undefined],
    ])
  })

  test('the same code on the same day is one operation in every document of the visit', async () => {
    const keyed = async (type: string, section: string) =>
      ofType(await read(type, [[section, entry(procedure(time + surgeon))]]), 'Procedure')[0]?.key
    const one = await keyed('C0009', '47519-4 HISTORY OF PROCEDURES')
    expect(one).toEqual(KEY('Procedure', 'visit', VISIT, '51.2300', '2026-03-06').$key)
    expect(await keyed('C0032', '47519-4 HISTORY OF PROCEDURES')).toEqual(one)
  })

  test('what is still to come is planned (C0046)', async () => {
    const inner = within(said('DE06.00.340.00', '手术指征', st('反复发作')))
    const record = await read('C0046', [['47519-4 HISTORY OF PROCEDURES', entry(procedure(inner, '51.2300', '腹腔镜下胆囊切除术', 'RQO'))]])
    expect(all(record, 'Procedure')).toMatchObject([{ status: 'preparation', reasonCode: [{ text: '反复发作' }] }])
    expect(ofType(record, 'Procedure')[0]?.key).toEqual(KEY('Procedure', 'document', 'DOC-C0046-1', 'operation.1').$key)
  })

  test('a transfusion with its product, its bag and what was measured (C0013)', async () => {
    const parts = [
      said('DE08.50.040.00', '输血品种代码', cd('1', '红细胞')),
      said('DE01.00.023.00', '血袋编码', '<value xsi:type="INT" value="778899"/>'),
      said('DE06.00.267.00', '输血量(ml)', pq('400', 'ml')),
      said('DE06.00.264.00', '输血反应标志', bl('true')),
      said('DE06.00.265.00', '输血反应类型', cd('1', '发热')),
      said('DE04.50.001.00', '申请ABO血型代码', cd('1', 'A型')),
    ]
    const record = await read('C0013', [
      ['30954-2 STUDIES SUMMARY', entry(said('DE04.50.001.00', 'ABO血型代码', cd('1', 'A型', '9.9')))],
      [
        '56836-0 History of blood transfusion',
        entry(
          `<procedure classCode="PROC" moodCode="EVN"><effectiveTime><high value="20260306113000"/></effectiveTime>${parts.map(within).join('')}</procedure>`,
        ),
      ],
    ])
    expect(invalid(record)).toEqual([])
    const [procedure_] = ofType(record, 'Procedure')
    expect(plain(procedure_)).toMatchObject({
      status: 'completed',
      code: { text: '输血' },
      performedPeriod: { end: '2026-03-06T11:30:00+08:00' },
      usedCode: [{ text: '红细胞' }],
      complication: [{ text: '发热' }],
      note: [{ text: '血袋编码：778899' }],
    })
    const observations = all(record, 'Observation')
    expect(observations.map(({ code }) => (code as { text: string }).text)).toEqual([
      '输血量(ml)',
      '输血反应标志',
      '申请ABO血型代码',
      'ABO血型代码',
    ])
    expect(observations[0]).toMatchObject({ partOf: [{ $key: procedure_?.key }], valueQuantity: { value: 400, code: 'mL' } })
    expect(observations[1]).toMatchObject({ valueBoolean: true })
    // The patient's own blood group has its table whatever the sender calls it, and LOINC; the one that was asked for has no LOINC.
    expect(observations[3]).toMatchObject({
      code: { coding: [{ system: 'http://loinc.org', code: '883-9' }, { code: 'DE04.50.001.00' }] },
      valueCodeableConcept: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.1.85', code: '1', display: 'A型' }] },
    })
    expect(JSON.stringify(observations[2])).not.toContain('883-9')
  })

  test('a birth: the act, and a child that is not its mother (C0015)', async () => {
    const record = await read('C0015', [
      [
        '57074-7 labor and delivery process',
        entry(
          said('DE06.00.224.00', '临产日期时间', ts('20260306020000')),
          said('DE02.01.014.00', '胎儿娩出日期时间', ts('20260306083000')),
        ),
      ],
      [
        '57075-4 newborn delivery information',
        entry(said('DE04.10.019.00', '新生儿出生体重(g)', pq('3250', 'g')), said('DE02.01.040.00', '新生儿性别代码', cd('2', '女性'))),
      ],
      [
        '51848-0 Assessment note',
        entry(
          said('DE06.00.215.00', 'Apgar评分间隔时间代码', cd('1', '1min')),
          said('DE05.10.001.00', 'Apgar评分值', '<value xsi:type="INT" value="9"/>'),
        ),
      ],
    ])
    expect(invalid(record)).toEqual([])
    expect(all(record, 'Procedure')).toMatchObject([
      { code: { text: '阴道分娩' }, performedPeriod: { start: '2026-03-06T02:00:00+08:00', end: '2026-03-06T08:30:00+08:00' } },
    ])
    const ofChild = all(record, 'Observation').filter(({ focus }) => focus !== undefined)
    expect(ofChild.map(({ code, focus }) => [(code as { text: string }).text, focus])).toEqual([
      ['Apgar评分值（1min）', [{ display: '新生儿' }]],
      ['新生儿出生体重(g)', [{ display: '新生儿' }]],
      ['新生儿性别代码', [{ display: '新生儿' }]],
    ])
    expect(JSON.stringify(ofChild)).not.toContain('29463-7')
  })
})
