/**
 * One CDA document of each of the 53 kinds, with every data element of tests/fixtures/cda-fields.json filled by a value of its own, in the shape
 * that hospitals send: what belongs together nested, times and people around it. `npm run build:cda` writes them under tests/fixtures/samples.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Filled, filledOf } from './cda-values.ts'

interface Fields {
  title: string
  templateId: string
  sections: string[]
  elements: Record<string, string>
}

const FIELDS = JSON.parse(readFileSync(new URL('../../fixtures/cda-fields.json', import.meta.url), 'utf8')) as Record<string, Fields>
export const TYPES: readonly string[] = Object.keys(FIELDS)

/** Each thing that the documents use an element for; one without a name has the element's. */
export function elementsOf(type: string): Filled[] {
  const fields = FIELDS[type] as Fields
  let at = 0
  return Object.entries(fields.elements).flatMap(([element, names]) =>
    names.split(' / ').map((name) => {
      at++
      return filledOf(element, name, at)
    }),
  )
}

/** Sections by the words of an element's name; the first that the document has, else its first. */
const PLACES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/患者的?意见|机构的意见/, ['意见章节']],
  [/风险|意外|不良后果/, ['操作风险']],
  [/术前诊断|术前合并/, ['10219-4', '11535-2', '47519-4']],
  [/术后诊断/, ['10218-6']],
  [/入院诊断/, ['46241-6', '11535-2', '11450-4']],
  [/出院.*诊断|死亡诊断|入院病情/, ['11535-2', '8648-8', '29548-5']],
  [/死亡原因|死因/, ['死亡原因', '死亡原因章节', '卫生事件', '8648-8']],
  [/诊断|病名|证候|疾病编码/, ['29548-5', '11450-4', '卫生事件', '46241-6', '57076-2']],
  [/主诉/, ['10154-3', '11450-4']],
  [/现病史|简要病史/, ['10164-2']],
  [/接种/, ['11369-6', '11348-0']],
  [/过敏/, ['48765-2', '11348-0', '18610-6']],
  [/输血史$/, ['56836-0', '11348-0']],
  [/月经史/, ['49033-4']],
  [/个人史/, ['29762-2']],
  [/家族史/, ['10157-6']],
  [/史|传染性|健康状况/, ['11348-0']],
  [/体温|脉|心率|呼吸频|收缩压|舒张压|体重|身高|腹围|血氧|起搏器|使用呼吸机/, ['8716-3', '57076-2', '57075-4', '29545-1']],
  [/新生儿|产瘤/, ['57075-4']],
  [/Apgar|分娩结局/, ['51848-0']],
  [/费|金额|付款/, ['48768-6', '卫生事件']],
  [/输血|血袋/, ['56836-0', '47519-4', '18776-5']],
  [/医嘱|申请单/, ['46209-3', '18776-5', '8648-8']],
  [/处方|药物|药品|用药|饮片|煎|中药使用/, ['10160-0', '18610-6', '46209-3', '卫生事件', '47519-4', '57074-7']],
  [/检验报告|检查报告/, ['检验报告', '检查报告']],
  [/检验|血型|尿常规|血常规|凝血|肝功能|结果代码|定量结果|标本/, ['30954-2', '29545-1']],
  [/检查|标志.*检/, ['29545-1', '30954-2', '辅助检查', '57073-9']],
  [/护理观察/, ['护理观察']],
  [/护理操作/, ['护理操作']],
  [/护理/, ['护理记录', '69730-0']],
  [/麻醉|插管|ASA/, ['59774-0', '10213-7', '47519-4', '18776-5']],
  [/手术|操作|介入物|抢救|切口|麻醉/, ['47519-4', '18776-5', '59772-4', '34895-3']],
  [/治|计划|指征|方案/, ['18776-5', '59772-4']],
  [/出院|住院|入院|诊疗过程/, ['8648-8', '11535-2', '入院信息', '卫生事件']],
  [/通知|知情/, ['34895-3']],
]

const codeOf = (section: string): string => /^(\d{1,6}-\d|DE[\d.]+)\s/.exec(section)?.[1] ?? section

function placeOf(sections: readonly string[], { name, element }: Filled): string {
  const codes = sections.map(codeOf)
  if (codes.includes(element)) return element
  for (const [words, places] of PLACES) {
    if (!words.test(name)) continue
    const found = places.find((place) => codes.includes(place))
    if (found) return found
  }
  return codes[0] as string
}

const DE = 'codeSystem="2.16.156.10011.2.2.1" codeSystemName="卫生信息数据元目录"'

function observation(one: Filled, inner = ''): string {
  return `<observation classCode="OBS" moodCode="EVN"><code code="${one.element}" ${DE} displayName="${one.displayName}"/>${one.time}${one.xml}${inner}</observation>`
}
const related = (inner: string): string => `<entryRelationship typeCode="COMP">${inner}</entryRelationship>`
const entry = (inner: string): string => `<entry>${inner}</entry>`
const cluster = (all: readonly string[]): string =>
  `<organizer classCode="CLUSTER" moodCode="EVN"><statusCode/>${all.map((one) => `<component>${one}</component>`).join('')}</organizer>`

/** Elements that stand within another one: the outer, and what it holds. */
const NESTED: readonly (readonly [outer: string, inner: readonly string[]])[] = [
  ['DE02.10.031.00', ['DE02.10.028.00']],
  ['DE04.30.020.00', ['DE04.30.009.00', 'DE04.30.015.00', 'DE04.30.017.00']],
  ['DE04.30.010.00', ['DE04.30.009.00']],
  ['DE06.00.216.00', ['DE06.00.281.00']],
  ['DE06.00.342.00', ['DE06.00.210.00', 'DE06.00.209.00']],
  ['DE04.30.019.00', ['DE04.50.134.00', 'DE04.50.135.00', 'DE08.50.027.00']],
  ['DE04.30.015.00', ['DE04.30.016.00']],
  ['DE06.00.288.00', ['DE06.00.179.00', 'DE06.00.290.00', 'DE01.00.008.00', 'DE08.50.056.00']],
  ['DE02.10.023.00', ['DE05.01.022.00']],
]
/** Documents with acts of their own, and the elements that these hold. */
const PROCEDURES: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  ['C0003', 'C0006', 'C0008', 'C0009', 'C0026', 'C0032', 'C0033', 'C0044', 'C0046', 'C0047', 'C0048', 'C0053'].map((type) => [
    type,
    [
      'DE06.00.094.00',
      'DE06.00.093.00',
      'DE06.00.187.00',
      'DE08.50.037.00',
      'DE06.00.251.00',
      'DE06.00.250.00',
      'DE06.00.255.00',
      'DE06.00.257.00',
      'DE05.10.147.00',
      'DE06.00.302.00',
      'DE06.00.073.00',
      'DE06.00.340.00',
      'DE05.10.063.00',
      ...(type === 'C0048' ? ['DE06.00.221.00'] : []),
    ],
  ]),
)
const TRANSFUSION = [
  '04.50.147',
  '06.00.340',
  '06.00.181',
  '08.50.040',
  '01.00.023',
  '06.00.267',
  '08.50.036',
  '06.00.264',
  '06.00.265',
  '06.00.263',
  '06.00.107',
  '06.00.266',
].map((code) => `DE${code}.00`)
const DRUGS: readonly string[] = [
  '08.50.043',
  '06.00.135',
  '06.00.136',
  '06.00.164',
  '06.00.133',
  '08.50.011',
  '08.50.024',
  '08.50.035',
  '08.50.058',
].map((code) => `DE${code}.00`)
const GIVING = new Set(['C0004', 'C0005', 'C0008', 'C0011', 'C0021', 'C0022'])

const person = (role: string, number: string, name: string): string =>
  `<participant typeCode="ATND"><participantRole classCode="ASSIGNED"><id root="2.16.156.10011.1.4" extension="${number}"/><code displayName="${role}"/><playingEntity classCode="PSN" determinerCode="INSTANCE"><name>${name}</name></playingEntity></participantRole></participant>`
const SURGEON =
  '<performer typeCode="PRF"><assignedEntity><id root="2.16.156.10011.1.4" extension="D0200"/><assignedPerson><name>钱医生</name></assignedPerson></assignedEntity></performer>'

function procedure(type: string, inner: readonly Filled[]): string {
  const isPlanned = ['C0026', 'C0046', 'C0047'].includes(type)
  const hasTime = isPlanned || inner.some(({ element }) => element === 'DE06.00.221.00')
  const time = hasTime ? '' : '<effectiveTime><low value="20260306083000"/><high value="20260306103000"/></effectiveTime>'
  const hasCode = inner.some(({ name }) => /操作编码/.test(name))
  const people = isPlanned ? '' : SURGEON + person('Ⅰ助', 'D0201', '孙医生') + person('器械护士', 'N0100', '周护士')
  return entry(
    `<procedure classCode="PROC" moodCode="${isPlanned ? 'RQO' : 'EVN'}">${hasCode ? '<code/>' : '<code code="51.2300" codeSystem="2.16.156.10011.2.3.3.12" displayName="腹腔镜下胆囊切除术"/>'}${time}${people}${inner.map((one) => related(observation(one))).join('')}</procedure>`,
  )
}

const transfusion = (inner: readonly Filled[]): string =>
  entry(
    `<procedure classCode="PROC" moodCode="EVN"><effectiveTime><high value="20260306113000"/></effectiveTime>${inner.map((one) => related(observation(one))).join('')}</procedure>`,
  )

function drug(type: string, inner: readonly Filled[]): string {
  const product =
    type === 'C0022'
      ? '<manufacturedProduct><id extension="M778"/><manufacturedMaterial><code/><name>药物洗脱支架</name></manufacturedMaterial></manufacturedProduct><manufacturerOrganization><name>示例器械厂</name></manufacturerOrganization>'
      : '<manufacturedProduct><manufacturedLabeledDrug><code/><name>盐酸二甲双胍片</name></manufacturedLabeledDrug></manufacturedProduct>'
  return entry(
    `<substanceAdministration classCode="SBADM" moodCode="EVN"><text/><routeCode code="1" codeSystem="2.16.156.10011.2.3.1.158" displayName="口服"/><doseQuantity value="0.5"${inner.some(({ element }) => element === 'DE08.50.024.00') ? '' : ' unit="g"'}/><rateQuantity value="bid"/><consumable>${product}</consumable>${inner.map((one) => related(observation(one))).join('')}</substanceAdministration>`,
  )
}

const ORDERED =
  '<author><time value="20260306090000"/><assignedAuthor><id root="2.16.156.10011.1.4" extension="D0123"/><code displayName="医嘱开立者"/><assignedPerson><name>赵医生</name></assignedPerson></assignedAuthor></author>'

/** Elements of one section as entries; `left` loses what was placed. */
function entriesOf(type: string, elements: readonly Filled[]): string {
  const left = [...elements]
  const take = (codes: readonly string[]): Filled[] => {
    const found = codes.flatMap((code) => left.filter(({ element }) => element === code))
    for (const one of found) left.splice(left.indexOf(one), 1)
    return found
  }
  const parts: string[] = []
  const isTransfusion = elements.some(({ element }) => element === 'DE08.50.040.00' || element === 'DE06.00.266.00')
  if (isTransfusion) parts.push(transfusion(take(TRANSFUSION)))
  else if (
    PROCEDURES[type] &&
    elements.some(({ element }) => element === 'DE06.00.094.00' || element === 'DE06.00.302.00' || element === 'DE06.00.257.00')
  )
    parts.push(
      procedure(
        type,
        take(PROCEDURES[type] ?? []).filter((one) => keep(one, left)),
      ),
    )
  if (GIVING.has(type) && elements.some(({ element }) => element === 'DE06.00.135.00' || element === 'DE08.50.035.00')) {
    const inner = take(DRUGS)
    const names = inner.filter(({ name }) => /前用药/.test(name))
    left.unshift(...names)
    parts.push(
      drug(
        type,
        inner.filter((one) => !names.includes(one)),
      ),
    )
  }
  const types = take(['DE06.00.289.00'])
  const kinds = take(['DE06.00.286.00'])
  for (const [outer, codes] of NESTED) {
    if (!left.some(({ element }) => element === outer)) continue
    const outers = take([outer])
    const inner = take(codes)
    for (const [at, one] of outers.entries()) {
      const own = outers.length > 1 ? inner.filter((_, index) => index % outers.length === at) : inner
      const made = observation(one, (outer === 'DE06.00.288.00' ? ORDERED : '') + own.map((each) => related(observation(each))).join(''))
      if (outer === 'DE06.00.288.00')
        parts.push(...kinds.map((each) => entry(observation(each))), entry(cluster([...types.map((each) => observation(each)), made])))
      else parts.push(entry(made))
    }
  }
  const pressures = take(['DE04.10.174.00', 'DE04.10.176.00'])
  if (pressures.length > 0) parts.push(entry(cluster(pressures.map((one) => observation(one)))))
  return [...parts, ...pairs(left), ...left.map((one) => entry(observation(one)))].join('')
}

/** A second use of the same element within a procedure is none of it: 抢救措施, 诊断依据. */
function keep(one: Filled, left: Filled[]): boolean {
  if (!/抢救措施|依据/.test(one.name)) return true
  left.unshift(one)
  return false
}

/** Name and code of one diagnosis stand in one entry. */
function pairs(left: Filled[]): string[] {
  const stem = (name: string): string => name.replace(/疾病|编码|代码|名称|病名|西医|-/g, '')
  const made: string[] = []
  for (const name of left.filter(({ element }) =>
    ['DE05.01.025.00', 'DE05.10.172.00', 'DE05.10.025.00', 'DE05.10.152.00'].includes(element),
  )) {
    const code = left.find(
      (one) =>
        one !== name && one.code !== undefined && /^DE05\.(?:01\.02|01\.07|10\.13)/.test(one.element) && stem(one.name) === stem(name.name),
    )
    if (!code) continue
    left.splice(left.indexOf(name), 1)
    left.splice(left.indexOf(code), 1)
    made.push(entry(observation(name, related(observation(code)))))
  }
  return made
}

function sectionXml(section: string, inner: string): string {
  const [, code, display] = /^(\d{1,6}-\d|DE[\d.]+)\s+(.*)$/.exec(section) ?? []
  const coded = code
    ? `<code code="${code}" displayName="${display}" codeSystem="${code.startsWith('DE') ? '2.16.156.10011.2.2.1' : '2.16.840.1.113883.6.1'}"/>`
    : `<code displayName="${section}"/>`
  return `<component><section>${coded}<text/>${inner}</section></component>`
}

const OUTPATIENT = new Set(['C0002', 'C0003', 'C0004', 'C0005'])
const CONSENTS = new Set(['C0026', 'C0027', 'C0028', 'C0029', 'C0030', 'C0031'])
const ID = '2.16.156.10011.1'
/** Documents about a birth are of a mother. */
const MOTHERS = new Set(['C0014', 'C0015', 'C0016'])
const MOTHER = `<id root="${ID}.3" extension="110100199003050022"/><name>陈小梅</name><administrativeGenderCode code="2" codeSystem="2.16.156.10011.2.3.3.4" displayName="女性"/><birthTime value="19900305"/>`
const MAN = `<id root="${ID}.3" extension="110100195803120019"/><name>王建国</name><administrativeGenderCode code="1" codeSystem="2.16.156.10011.2.3.3.4" displayName="男性"/><birthTime value="19580312"/>`

const NUMBERS: Readonly<Record<string, readonly [string, string]>> = {
  C0004: ['20', 'RX2026030601'],
  C0005: ['20', 'RX2026030602'],
  C0006: ['32', 'JC2026030601'],
  C0007: ['33', 'JY2026030601'],
}

function head(type: string, { title, templateId }: Fields): string {
  const stay = MOTHERS.has(type) ? 'ZY20260305002' : 'ZY20260305001'
  const visit = OUTPATIENT.has(type) ? `<id root="${ID}.11" extension="MZ20260306001"/>` : `<id root="${ID}.12" extension="${stay}"/>`
  const [root, number] = NUMBERS[type] ?? (CONSENTS.has(type) ? ['34', `ZQ${type}`] : [])
  const numbers = root ? `<id root="${ID}.${root}" extension="${number}"/>` : ''
  const relative = `<authenticator><time value="20260306070500"/><signatureCode/><assignedEntity><id root="${ID}.3" extension="110100196008230029"/><code code="12" codeSystem="2.16.156.10011.2.3.3.8" displayName="妻"/><assignedPerson><name>李秀兰</name></assignedPerson></assignedEntity></authenticator>`
  const self =
    '<authenticator><time value="20260306070000"/><signatureCode/><assignedEntity><id root="2.16.156.10011.1.3" extension="110100195803120019"/><code displayName="患者"/><assignedPerson><name>王建国</name></assignedPerson></assignedEntity></authenticator>'
  return `<realmCode code="CN"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_MT000040"/><templateId root="${templateId}"/>
<id root="${ID}.1" extension="DOC-${type}-1"/><code code="${type}" codeSystem="2.16.156.10011.2.4"/><title>${title}</title><effectiveTime value="20260312161000"/><confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25" displayName="正常访问保密级别"/><languageCode code="zh-CN"/><setId/><versionNumber/>
<recordTarget typeCode="RCT" contextControlCode="OP"><patientRole classCode="PAT">${type === 'C0001' ? '' : visit}${numbers}<id root="${ID}.13" extension="${MOTHERS.has(type) ? 'BA000456' : 'BA000123'}"/><patient classCode="PSN" determinerCode="INSTANCE">${MOTHERS.has(type) ? MOTHER : MAN}</patient></patientRole></recordTarget>
<author typeCode="AUT" contextControlCode="OP"><time value="20260312160000"/><assignedAuthor classCode="ASSIGNED"><id root="${ID}.7" extension="D0123"/><assignedPerson><name>赵医生</name></assignedPerson></assignedAuthor></author>
<custodian typeCode="CST"><assignedCustodian classCode="ASSIGNED"><representedCustodianOrganization classCode="ORG" determinerCode="INSTANCE"><id root="${ID}.5" extension="12110000000000001N"/><name>示例市第一人民医院</name></representedCustodianOrganization></assignedCustodian></custodian>
<legalAuthenticator><time value="20260312160500"/><signatureCode/><assignedEntity><id root="${ID}.4" extension="D0001"/><code displayName="主任医师"/><assignedPerson classCode="PSN" determinerCode="INSTANCE"><name>孙主任</name></assignedPerson></assignedEntity></legalAuthenticator>
${CONSENTS.has(type) ? (type === 'C0030' ? relative : self + relative) : ''}<relatedDocument typeCode="RPLC"><parentDocument><id/><setId/><versionNumber/></parentDocument></relatedDocument>
<componentOf><encompassingEncounter><effectiveTime>${OUTPATIENT.has(type) ? '<low value="20260306080000"/><high value="20260306093000"/>' : '<low value="20260305091500"/><high value="20260312150000"/>'}</effectiveTime></encompassingEncounter></componentOf>`
}

/** A document of this kind with these sections alone: their code (or name) and what stands in them. */
export function documentWith(type: string, sections: readonly (readonly [section: string, inner: string])[]): string {
  return framed(
    type,
    sections.map(([section, inner]) => sectionXml(section, inner)),
  )
}

function framed(type: string, sections: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
${head(type, FIELDS[type] as Fields)}
<component><structuredBody>
${sections.join('\n')}
</structuredBody></component></ClinicalDocument>
`
}

export function documentXml(type: string): string {
  const fields = FIELDS[type] as Fields
  const elements = elementsOf(type)
  const places = new Map<string, Filled[]>()
  for (const one of elements) {
    const place = placeOf(fields.sections, one)
    places.set(place, [...(places.get(place) ?? []), one])
  }
  const seen = new Set<string>()
  const sections = fields.sections.map((section) => {
    const code = codeOf(section)
    // A code that comes twice holds its elements once.
    const own = seen.has(code) ? [] : (places.get(code) ?? [])
    seen.add(code)
    return sectionXml(section, entriesOf(type, own))
  })
  return framed(type, sections)
}

/** C0006 is the report of every examination; what it is of, its words say. */
const EXAMINATIONS: Readonly<Record<string, readonly [kind: string, item: string, specimen: string, seen: string, meant: string]>> = {
  'C0006-imaging': ['CT', '胸部平扫', '', '右肺上叶见一枚 6mm 结节', '右肺上叶小结节，建议随访'],
  'C0006-pathology': ['病理检查', '石蜡切片', '胆囊组织', '黏膜慢性炎细胞浸润', '慢性胆囊炎'],
}

/** Samples beside the 53: one kind of document that stands for several records. */
export const FURTHER: readonly string[] = Object.keys(EXAMINATIONS)

export function furtherXml(name: string): string {
  const [kind, item, specimen, seen, meant] = EXAMINATIONS[name] as (typeof EXAMINATIONS)[string]
  const words = (element: string, displayName: string, text: string): string =>
    `<observation classCode="OBS" moodCode="EVN"><code code="${element}" ${DE} displayName="${displayName}"/><value xsi:type="ST">${text}</value></observation>`
  const taken = specimen === '' ? '' : related(words('DE04.50.134.00', '标本类别', specimen))
  const examined = words('DE04.30.019.00', '检查项目代码', item).replace('</observation>', `${taken}</observation>`)
  const xml = documentWith('C0006', [
    ['29545-1 PHYSICAL EXAMINATION', entry(words('DE04.30.018.00', '检查类别', kind)) + entry(examined)],
    [
      '检查报告',
      entry(words('DE04.50.131.00', '检查报告结果-客观所见', seen)) + entry(words('DE04.50.131.00', '检查报告结果-主观提示', meant)),
    ],
  ])
  return xml.replace('DOC-C0006-1', `DOC-${name}`).replace('JC2026030601', name === 'C0006-imaging' ? 'JC2026030602' : 'BL2026030603')
}

const FOLDER = new URL('../../fixtures/samples/hospital/cda/', import.meta.url)
export const fileOf = (type: string): URL => new URL(`${type}.xml`, FOLDER)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(FOLDER, { recursive: true })
  for (const type of TYPES) writeFileSync(fileOf(type), documentXml(type))
  for (const name of FURTHER) writeFileSync(fileOf(name), furtherXml(name))
}
