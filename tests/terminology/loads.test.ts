/** Files of each format into the database: what a row becomes, what is wrong with one, versions, and the same file twice. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { withdraw, sweep } from '../../server/terminology-kept/current.ts'
import { formatNamed } from '../../server/terminology-kept/formats.ts'
import { insuranceServices as services } from '../../server/terminology-kept/formats/insurance.ts'
import { type Rf2Files, rf2Files, rf2Rows, snomedRf2 } from '../../server/terminology-kept/formats/snomed-rf2.ts'
import type { Format } from '../../server/terminology-kept/format.ts'
import { csv, type Loading, loadingInto, loadText } from './loaded.ts'

let held: Loading
beforeAll(async () => {
  held = await loadingInto()
}, 60_000)
afterAll(() => held.stop())

const text = (code: string, value: string) => ({ code, element: 'valueString', value })

describe('a row of each format', () => {
  test.each<[string, string, string, string, object]>([
    [
      'icd-10-clinical',
      '主要编码,附加编码,疾病名称',
      'A17.000†,G01*,结核性脑膜炎',
      'A17.000†',
      { display: '结核性脑膜炎', properties: [text('additionalCode', 'G01*')] },
    ],
    [
      'icd-10-insurance',
      '章,章代码范围,章的名称,节代码范围,节名称,类目代码,类目名称,亚目代码,亚目名称,诊断代码,诊断名称',
      '9,I00-I99,循环系统疾病,I10-I15,高血压病,I10,特发性高血压,I10.x,特发性高血压,I10.x00x002,高血压病',
      'I10-I15',
      { display: '高血压病' },
    ],
    [
      'icd-9-cm-3-clinical',
      '主要编码,手术名称,类别,录入选项',
      '36.0700x004,经皮冠状动脉药物洗脱支架置入术,治疗性操作,必选',
      '36.0700x004',
      { properties: [text('kind', '治疗性操作'), text('entry', '必选')] },
    ],
    [
      'icd-9-cm-3-insurance',
      '类目代码,类目名称,亚目代码,亚目名称,细目代码,细目名称,手术操作代码,手术操作名称',
      '36,心脏血管手术,36.0,去除梗阻,36.07,支架置入,36.0700x004,药物洗脱支架置入术',
      '36.07',
      { display: '支架置入' },
    ],
    [
      'insurance-drugs',
      '药品代码,注册名称,商品名称,注册剂型,批准文号',
      'XA10BAE046A001010100001,盐酸二甲双胍片,格华止,片剂,国药准字H20023370',
      'XA10BAE046A001010100001',
      { designations: [{ language: 'zh-CN', value: '格华止' }], properties: [text('form', '片剂'), text('approval', '国药准字H20023370')] },
    ],
    [
      'insurance-services',
      '国家项目代码,国家项目名称,计价单位',
      '002503020010000-250302001,葡萄糖测定,次',
      '002503020010000-250302001',
      { properties: [text('unit', '次')] },
    ],
    [
      'insurance-materials',
      '耗材代码,一级分类（学科、品类）,医保通用名,耗材企业',
      'C0201010010100200001,血管介入治疗类材料,导丝,某公司',
      'C0201010010100200001',
      { display: '导丝', properties: [text('first', '血管介入治疗类材料'), text('maker', '某公司')] },
    ],
    ['gbt-15657', '代码,名称,类别', 'A01.03.01,感冒病,病', 'A01.03.01', { display: '感冒病', properties: [text('kind', '病')] }],
    [
      'gbt-16751-2',
      '代码,名称,英文名,同义词',
      '03.01.02,风寒束表证,wind-cold fettering exterior pattern,风寒袭表证；寒邪束表证',
      '03.01.02',
      {
        designations: [
          { language: 'zh-CN', value: '风寒袭表证' },
          { language: 'zh-CN', value: '寒邪束表证' },
          { language: 'en', value: 'wind-cold fettering exterior pattern' },
        ],
      },
    ],
    [
      'loinc',
      '"LOINC_NUM","COMPONENT","PROPERTY","STATUS","SHORTNAME","LONG_COMMON_NAME","DefinitionDescription"',
      '"718-7","Hemoglobin","MCnc","DEPRECATED","Hgb Bld-mCnc","Hemoglobin [Mass/volume] in Blood","Made, up"',
      '718-7',
      {
        display: 'Hemoglobin [Mass/volume] in Blood',
        definition: 'Made, up',
        inactive: true,
        designations: [{ language: 'en', value: 'Hgb Bld-mCnc' }],
      },
    ],
    [
      'atc',
      'ATC code\tATC level name\tDDD\tU\tAdm.R',
      'A10BA02\tmetformin\t2\tg\tO',
      'A10BA02',
      { display: 'metformin', properties: [text('ddd', '2'), text('unit', 'g'), text('route', 'O')] },
    ],
  ])('%s', async (id, header, line, code, expected) => {
    const format = formatNamed(id) as Format
    const done = await loadText(held.tables, format, `${header}\n${line}\n`, { version: 'row' }, id === 'loinc' ? 'utf-8' : 'gb18030')
    expect([done.status, done.checkpoint.bad]).toEqual(['ready', 0])
    const system = (await held.kept.systems(format.url)).find(({ version }) => version === 'row')
    expect(await system?.lookup(code)).toMatchObject({ code, ...expected })
  })
})

test('bad rows are listed and the others are there; headings of several rows are taken once', async () => {
  const format = formatNamed('icd-10-insurance') as Format
  const header = '类目代码,类目名称,诊断代码,诊断名称'
  const rows = [
    'I10,高血压,I10.x01,甲',
    'I10,高血压,,乙',
    'I10,高血压,I10.x01,丙',
    'I10,高血压',
    'I10,高血压,I10 .  x,丁',
    'I10,高血压,I10.x02',
    'I10,高血压,I10.x03,戊',
    'I10,高血压,I10.x04,己\u0000',
    'I10,高血压,I10.\u0001x,庚',
  ]
  const done = await loadText(held.tables, format, [header, ...rows].join('\n'), { version: 'bad' })
  expect(done.badRows.sort((a, b) => a.row - b.row)).toEqual([
    { row: 2, problem: 'row-code-missing' },
    { row: 3, problem: 'row-code-repeated' },
    { row: 4, problem: 'table-row-fields' },
    { row: 5, problem: 'row-code-invalid' },
    { row: 6, problem: 'table-row-fields' },
    { row: 8, problem: 'row-character-invalid' },
    { row: 9, problem: 'row-character-invalid' },
  ])
  expect([done.status, done.checkpoint]).toEqual(['ready', { row: 9, n: 3, bad: 7 }])
})

test.each<[string, string, number, string]>([
  ['too many bad rows', '国家项目代码,国家项目名称\n,x\n,x\n,x\na,A\n', 2, 'too-many-bad-rows: 2'],
  ['no column for the code', '国家项目名称,计价单位\nA,次\n', 9, 'column-missing: 国家项目代码/医疗服务项目代码/项目代码/编码'],
  ['none of its columns', 'x,y\n1,2\n', 9, 'table-unknown'],
  ['nothing in it', '', 9, 'table-empty'],
  ['an archive', 'PK\u0003\u0004....', 9, 'payload-archive'],
  ['no row that is good', '国家项目代码,国家项目名称\na b  c,x\n', 9, 'column'],
])('%s: the load fails, what was in force stays', async (name, content, badMax, problem) => {
  await loadText(held.tables, services, '国家项目代码,国家项目名称\na,A\n', { version: 'stays' })
  const done = await loadText(held.tables, services, content, { version: 'stays', badMax })
  expect([name, done.status]).toEqual([name, 'failed'])
  expect(done.problem).toMatch(problem === 'column' ? /no-concepts/ : problem)
  const [system] = (await held.kept.systems(services.url)).filter(({ version }) => version === 'stays')
  expect((await system?.lookup('a'))?.display).toBe('A')
  expect(await held.tables.concepts.count({ s: done.s })).toBe(0)
})

test('versions stand side by side; the same file is loaded once, another takes its place, and one is withdrawn', async () => {
  const url = 'urn:test:versions'
  const file = (...rows: string[][]) => csv('国家项目代码,国家项目名称', rows)
  const versions = async () => (await held.kept.systems(url)).map(({ version }) => version)
  const first = await loadText(held.tables, services, file(['a', 'A']), { url, version: '9' })
  await loadText(held.tables, services, file(['a', 'A'], ['b', 'B']), { url, version: '10' })
  expect(await versions()).toEqual(['10', '9'])
  expect((await loadText(held.tables, services, file(['a', 'A']), { url, version: '9' })).s).toBe(first.s)
  const other = await loadText(held.tables, services, file(['c', 'C']), { url, version: '9' })
  expect(await versions()).toEqual(['10', '9'])
  const [, nine] = await held.kept.systems(url)
  expect([await nine?.lookup('a'), (await nine?.lookup('c'))?.display]).toEqual([undefined, 'C'])
  // What was replaced is there for answers that are under way, and then goes.
  expect(await held.tables.concepts.count({ s: first.s })).toBe(1)
  await sweep(held.tables, () => new Date(Date.now() + 3_600_000))
  expect([await held.tables.concepts.count({ s: first.s }), await held.tables.concepts.count({ s: other.s })]).toEqual([0, 1])
  expect(await withdraw(held.tables, url, '9', () => new Date())).toBe(true)
  expect([await versions(), await withdraw(held.tables, url, '9', () => new Date())]).toEqual([['10'], false])
})

test('what was replaced may be loaded again', async () => {
  const url = 'urn:test:again'
  const file = (code: string) => csv('国家项目代码,国家项目名称', [[code, 'A']])
  for (const code of ['a', 'b', 'a']) await loadText(held.tables, services, file(code), { url, version: '1' })
  const [system] = await held.kept.systems(url)
  expect([(await system?.lookup('a'))?.code, await system?.lookup('b')]).toEqual(['a', undefined])
})

describe('SNOMED CT, the folder of a snapshot', () => {
  const FSN = '900000000000003001'
  const SYNONYM = '900000000000013009'
  const IS_A = '116680003'
  const lines = (rows: string[][]) => rows.map((row) => `${row.join('\t')}\r\n`).join('')
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yilian-rf2-'))
    const terminology = join(folder, 'Snapshot', 'Terminology')
    await mkdir(terminology, { recursive: true })
    const write = (kind: string, rows: string[][]) => writeFile(join(terminology, `sct2_${kind}_INT_20240101.txt`), lines(rows))
    await write('Concept_Snapshot', [
      ['id', 'effectiveTime', 'active', 'moduleId', 'definitionStatusId'],
      ['138875005', '20020131', '1', 'm', 'd'],
      ['3738000', '20020131', '1', 'm', 'd'],
      ['235856003', '20020131', '1', 'm', 'd'],
      ['999', '20020131', '0', 'm', 'd'],
      ['998', '20020131', '1', 'm', 'd'],
    ])
    const description = (concept: string, active: string, type: string, term: string, language = 'en') => [
      '1',
      '20020131',
      active,
      'm',
      concept,
      language,
      type,
      term,
      'c',
    ]
    await write('Description_Snapshot-en', [
      ['id', 'effectiveTime', 'active', 'moduleId', 'conceptId', 'languageCode', 'typeId', 'term', 'caseSignificanceId'],
      description('3738000', '1', SYNONYM, 'Viral hepatitis'),
      description('138875005', '1', FSN, 'SNOMED CT Concept (SNOMED RT+CTV3)'),
      description('3738000', '0', FSN, 'Given up'),
      description('235856003', '1', FSN, 'Disorder of liver (disorder)'),
      description('3738000', '1', FSN, 'Viral hepatitis (disorder)'),
      description('999', '1', FSN, 'Old (disorder)'),
    ])
    await write('Relationship_Snapshot', [
      [
        'id',
        'effectiveTime',
        'active',
        'moduleId',
        'sourceId',
        'destinationId',
        'relationshipGroup',
        'typeId',
        'characteristicTypeId',
        'modifierId',
      ],
      ['1', '', '1', 'm', '3738000', '235856003', '0', IS_A, '', ''],
      ['2', '', '1', 'm', '235856003', '138875005', '0', IS_A, '', ''],
      ['3', '', '0', 'm', '3738000', '999', '0', IS_A, '', ''],
      ['4', '', '1', 'm', '3738000', '999', '0', '363698007', '', ''],
    ])
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('names, what stands under what, what is active', async () => {
    const files = (await rf2Files(folder)) as Rf2Files
    const done = await loadText(held.tables, snomedRf2, 'rf2', {
      rows: () => rf2Rows(files),
      version: 'http://snomed.info/sct/900000000000207008/version/20240101',
    })
    expect([done.status, done.checkpoint.n, done.badRows]).toEqual(['ready', 4, [{ row: 5, problem: 'row-display-missing' }]])
    const [sct] = await held.kept.systems(snomedRf2.url)
    expect(await sct?.lookup('3738000')).toMatchObject({
      display: 'Viral hepatitis (disorder)',
      designations: [{ language: 'en', value: 'Viral hepatitis' }],
      inactive: false,
    })
    expect((await sct?.lookup('999'))?.inactive).toBe(true)
    expect([await sct?.parents('3738000'), await sct?.children('235856003')]).toEqual([['235856003'], ['3738000']])
    expect([
      await sct?.isUnder('3738000', '138875005'),
      await sct?.isUnder('138875005', '3738000'),
      await sct?.isUnder('3738000', '999'),
    ]).toEqual([true, false, false])
    expect(await sct?.under('235856003')).toEqual(['235856003', '3738000'])
    const ask = async (op: string, value: string, property = 'concept') => {
      const page = await sct?.page?.({
        filters: [{ property, op, value, at: 'x' }],
        offset: 0,
        count: 9,
        activeOnly: true,
        selectableOnly: false,
      })
      return page?.concepts.map(({ code }) => code)
    }
    expect(await ask('is-a', '235856003')).toEqual(['3738000', '235856003'])
    expect(await ask('descendent-of', '138875005')).toEqual(['3738000', '235856003'])
    expect(await ask('is-not-a', '235856003')).toEqual(['138875005'])
    expect(await ask('generalizes', '3738000')).toEqual(['138875005', '3738000', '235856003'])
    expect(await ask('=', '138875005', 'parent')).toEqual(['235856003'])
  })

  test('a folder without one of the files', async () => {
    await rm(join(folder, 'Snapshot', 'Terminology', 'sct2_Relationship_Snapshot_INT_20240101.txt'))
    expect(await rf2Files(folder)).toBe('sct2_Relationship_Snapshot*.txt')
  })
})
