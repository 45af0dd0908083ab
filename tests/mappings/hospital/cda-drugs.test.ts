/** Prescriptions, drugs, materials and orders: C0004, C0005, C0009, C0022, C0052, by hand from the data sets of WS 445. */
import { describe, expect, test } from '@jest/globals'
import { ofType } from '../support.ts'
import { all, bl, cd, cluster, entry, KEY, pq, read, said, st, within } from './cda-entries.ts'
import { invalid } from './rules.ts'

describe('drugs', () => {
  const drug = (name: string, inner = ''): string =>
    `<substanceAdministration classCode="SBADM" moodCode="EVN"><text/><routeCode code="1" displayName="口服"/><doseQuantity value="0.5" unit="g"/><rateQuantity value="bid"/><consumable><manufacturedProduct><manufacturedLabeledDrug><code/><name>${name}</name></manufacturedLabeledDrug></manufacturedProduct></consumable>${inner}</substanceAdministration>`

  test('a prescription: each drug, and what is said once for all (C0004)', async () => {
    const record = await read('C0004', [
      [
        '10160-0 HISTORY OF MEDICATION USE',
        entry(
          drug(
            '盐酸二甲双胍片',
            within(said('DE08.50.043.00', '药物规格', st('0.5g×20片'))) + within(said('DE06.00.135.00', '药物使用总剂量', pq('14', 'g'))),
          ),
          drug('阿司匹林肠溶片'),
          said('DE06.00.294.00', '处方有效天数', pq('14', '天')),
          said('DE06.00.179.00', '处方备注信息', st('饭后')),
        ),
      ],
      ['48768-6 PAYMENT SOURCES', entry(said('DE07.00.004.00', '处方药品金额', '<value xsi:type="MO" value="58.60" currency="元"/>'))],
    ])
    expect(invalid(record)).toEqual([])
    expect(all(record, 'MedicationRequest')).toMatchObject([
      {
        status: 'active',
        intent: 'order',
        category: [{ coding: [{ code: 'outpatient' }] }],
        medicationCodeableConcept: { text: '盐酸二甲双胍片' },
        encounter: KEY('Encounter', 'MZ20260306001'),
        authoredOn: '2026-03-12T16:00:00+08:00',
        requester: { ...KEY('Practitioner', 'D0123', '赵医生'), display: '赵医生' },
        groupIdentifier: { system: 'https://fhir-cn.example/sid/H1/rx-no', value: 'RX2026030601' },
        note: [{ text: '药物规格：0.5g×20片' }, { text: '备注：饭后' }],
        dosageInstruction: [
          {
            text: '0.5g bid 口服',
            timing: { code: { coding: [{ code: 'BID' }] } },
            route: { coding: [{ code: '1' }] },
            doseAndRate: [{ doseQuantity: { value: 0.5, code: 'g' } }],
          },
        ],
        dispenseRequest: { quantity: { value: 14, unit: 'g' }, expectedSupplyDuration: { value: 14, code: 'd' } },
      },
      { medicationCodeableConcept: { text: '阿司匹林肠溶片' }, note: [{ text: '备注：饭后' }] },
    ])
    expect(JSON.stringify(all(record, 'Composition'))).toContain('处方药品金额：58.60 元')
  })

  test('herbs without an act of giving are one order with its doses (C0005)', async () => {
    const record = await read('C0005', [
      [
        '10160-0 HISTORY OF MEDICATION USE',
        entry(
          said('DE08.50.049.00', '中药饮片处方', st('黄芪30g 当归10g')),
          said('DE08.50.050.00', '中药饮片剂数', '<value xsi:type="INT" value="7"/>'),
          said('DE08.50.047.00', '中药饮片煎煮法', st('水煎')),
        ),
      ],
    ])
    expect(invalid(record)).toEqual([])
    expect(all(record, 'MedicationRequest')).toMatchObject([
      {
        category: [{ coding: [{ code: 'tcm' }] }],
        medicationCodeableConcept: { text: '黄芪30g 当归10g' },
        extension: [{ valuePositiveInt: 7 }, { valueString: '水煎' }],
      },
    ])
  })

  test('what was given; a usage without a drug is none (C0009, C0038)', async () => {
    const given = await read('C0009', [
      ['10160-0 History of medication use', entry(said('DE06.00.136.00', '术中用药', st('丙泊酚 100mg')))],
    ])
    expect(all(given, 'MedicationAdministration')).toMatchObject([
      { status: 'completed', medicationCodeableConcept: { text: '丙泊酚 100mg' } },
    ])
    const note = await read('C0038', [['10160-0 HISTORY OF MEDICATION USE', entry(said('DE06.00.136.00', '中药用药方法', st('早晚分服')))]])
    expect(note.resources.some(({ resource }) => resource.resourceType.startsWith('Medication'))).toBe(false)
    expect(JSON.stringify(all(note, 'Composition'))).toContain('早晚分服')
  })

  test('a costly material is a device of the patient (C0022)', async () => {
    const material = `<substanceAdministration><consumable><manufacturedProduct><id extension="M778"/><manufacturedMaterial><code/><name>药物洗脱支架</name></manufacturedMaterial></manufacturedProduct><manufacturerOrganization><name>示例器械厂</name></manufacturerOrganization></consumable>${within(said('DE08.50.058.00', '植入性耗材标志', bl('true')))}</substanceAdministration>`
    const record = await read('C0022', [['10160-0 HISTORY OF MEDICATION USE', entry(material)]])
    expect(invalid(record)).toEqual([])
    expect(all(record, 'Device')).toMatchObject([
      {
        manufacturer: '示例器械厂',
        deviceName: [{ name: '药物洗脱支架' }],
        type: { coding: [{ code: 'M778' }] },
        patient: { $patient: true },
        note: [{ text: '植入性耗材：是' }],
      },
    ])
  })
})

describe('orders (C0052)', () => {
  const order = (type: string, content: string, inner = ''): string =>
    cluster(
      said('DE06.00.289.00', '医嘱项目类型', type),
      said(
        'DE06.00.288.00',
        '医嘱项目内容',
        `<effectiveTime><low value="20260305100000"/><high value="20260308100000"/></effectiveTime>${st(content)}`,
        `<author><time value="20260305093000"/><assignedAuthor><id root="2.16.156.10011.1.4" extension="D0123"/><code displayName="医嘱开立者"/><assignedPerson><name>赵医生</name></assignedPerson></assignedAuthor></author>${inner}`,
      ),
    )
  const stopped =
    '<participant typeCode="ATND"><time value="20260307080000"/><participantRole><code displayName="医嘱停止人"/><playingEntity><name>赵医生</name></playingEntity></participantRole></participant>'

  test('drugs apart from everything else, each by its own words', async () => {
    const record = await read('C0052', [
      [
        '46209-3 Provider Orders',
        entry(
          said('DE06.00.286.00', '医嘱类别', cd('1', '长期医嘱')),
          order(cd('01', '药品类医嘱'), '阿司匹林肠溶片 100mg qd', stopped),
          order(cd('10', '护理类医嘱'), '一级护理'),
          said('DE06.00.286.00', '医嘱类别', cd('2', '临时医嘱')),
          order(
            cd('03', '检验类医嘱'),
            '血常规',
            `<entryReationship>${said('DE01.00.008.00', '电子申请单编号', st('SQ001'))}</entryReationship><entryReationship>${said('DE06.00.290.00', '医嘱执行状态', st('已执行'))}</entryReationship>`,
          ),
        ),
      ],
    ])
    expect(invalid(record)).toEqual([])
    expect(all(record, 'MedicationRequest')).toMatchObject([
      {
        status: 'completed',
        category: [{ coding: [{ code: 'inpatient' }] }],
        medicationCodeableConcept: { text: '阿司匹林肠溶片 100mg qd' },
        authoredOn: '2026-03-05T09:30:00+08:00',
        requester: { display: '赵医生' },
        extension: [{ valueCode: 'long-term' }, { valueDateTime: '2026-03-07T08:00:00+08:00' }],
        dosageInstruction: [
          { timing: { repeat: { boundsPeriod: { start: '2026-03-05T10:00:00+08:00', end: '2026-03-08T10:00:00+08:00' } } } },
        ],
      },
    ])
    expect(all(record, 'ServiceRequest')).toMatchObject([
      {
        status: 'active',
        category: [{ coding: [{ code: 'nursing' }] }],
        code: { text: '一级护理' },
        extension: [{ valueCode: 'long-term' }],
      },
      {
        status: 'completed',
        category: [{ coding: [{ code: 'lab' }] }],
        code: { text: '血常规' },
        identifier: [{ value: 'SQ001' }],
        extension: [{ valueCode: 'temporary' }],
      },
    ])
    // The report on it (C0007, HL7 v2) names the request by that number.
    expect(ofType(record, 'ServiceRequest')[1]?.key).toEqual(KEY('ServiceRequest', 'SQ001').$key)
  })
})
