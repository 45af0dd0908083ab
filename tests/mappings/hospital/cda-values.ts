/** A value for every data element: of the type that its name says, and told from every other of its document where the type lets it. */

export interface Filled {
  element: string
  /** as the documents name it, or the element itself where they leave the name empty */
  name: string
  /** as it is sent */
  displayName: string
  /** <value …/> */
  xml: string
  /** <effectiveTime …/> of what has a time of its own */
  time: string
  /** what the section must show of it */
  shown: string
  code?: string
  type: 'ST' | 'CD' | 'BL' | 'TS' | 'PQ' | 'INT' | 'MO'
}

const OID = '2.16.156.10011.2.3.'
/** Codes of tables that this project has, and of lists that an extension demands. */
const CODED: Readonly<Record<string, readonly [code: string, display: string, table: string]>> = {
  'DE02.01.040.00': ['1', '男性', '3.4'],
  'DE04.50.001.00': ['1', 'A型', '1.85'],
  'DE04.50.010.00': ['2', '阳性', '1.250'],
  'DE05.10.129.00': ['2', 'Ⅱ级', '1.255'],
  'DE05.10.147.00': ['1', '甲', '1.257'],
  'DE06.00.073.00': ['01', '全身麻醉', '1.159'],
  'DE06.00.133.00': ['02', 'bid', '1.267'],
  'DE06.00.223.00': ['1', '医嘱离院', '1.265'],
  'DE06.00.255.00': ['3', '三级手术', '1.258'],
  'DE06.00.257.00': ['2', 'Ⅱ类切口', '2.1'],
  'DE06.00.286.00': ['1', '长期医嘱', '2.58'],
  'DE06.00.289.00': ['01', '药品类医嘱', '1.268'],
  'DE06.00.339.00': ['2', '门诊', '1.270'],
  'DE07.00.007.00': ['01', '城镇职工基本医疗保险', '1.269'],
  'DE09.00.104.00': ['1', '有', '1.253'],
}
const DISEASES: readonly (readonly [string, string])[] = [
  ['K80.200', '胆囊结石'],
  ['I10.x00', '原发性高血压'],
  ['E11.900', '2型糖尿病'],
  ['J18.900', '肺炎'],
  ['K29.500', '慢性胃炎'],
  ['M17.900', '膝关节病'],
  ['N20.000', '肾结石'],
  ['I25.103', '冠状动脉粥样硬化性心脏病'],
  ['K35.800', '急性阑尾炎'],
  ['J44.900', '慢性阻塞性肺疾病'],
  ['I63.900', '脑梗死'],
  ['H25.900', '老年性白内障'],
  ['K21.000', '反流性食管炎'],
]
const DISEASE_CODES = new Set(['DE02.10.024.00', 'DE05.01.021.00', 'DE05.01.024.00', 'DE05.01.078.00'])

/** Numbers that bodies have, and their units as nurses write them. */
const MEASURED: Readonly<Record<string, readonly [value: string, unit: string]>> = {
  'DE04.10.186.00': ['36.8', 'C'],
  'DE04.10.118.00': ['76', '次/min'],
  'DE04.10.206.00': ['78', '次/min'],
  'DE04.10.081.00': ['18', '次/min'],
  'DE04.10.082.00': ['18', '次/min'],
  'DE04.10.174.00': ['128', 'mmHg'],
  'DE04.10.176.00': ['82', 'mmHg'],
  'DE04.10.188.00': ['68.5', 'kg'],
  'DE04.10.167.00': ['171', 'cm'],
  'DE04.10.052.00': ['86', 'cm'],
  'DE04.10.183.00': ['142', '次/min'],
  'DE04.10.019.00': ['3250', 'g'],
  'DE04.50.149.00': ['98', '%'],
  'DE06.00.310.00': ['7', '天'],
  'DE02.10.090.00': ['2', '次'],
  'DE08.50.050.00': ['7', '剂'],
  'DE05.10.001.00': ['9', ''],
}
const COUNTED =
  /次数|^孕次|^产次|天数|剂数|针数|数目|组号|吸烟量|饮酒量|总剂量|时长|昏迷时间|供氧时间|全程时间|检查时间|定量结果$|住院次数|顺位/
const UNIT = /\((ml|mL|cm|g|kg|次\/min|min|周|mmol\/L|%)\)/
const TIMES = /日期|时间$|开始时间|预产期/

function kindOf(element: string, name: string): Filled['type'] {
  if (MEASURED[element]) return 'PQ'
  if (CODED[element] || DISEASE_CODES.has(element) || element === 'DE05.10.130.00') return 'CD'
  if (/标志$/.test(name) && !/代码/.test(name)) return 'BL'
  if (/金额|费$|费用|费-/.test(name) || element.startsWith('HDSD')) return 'MO'
  if (UNIT.test(name)) return 'PQ'
  if (COUNTED.test(name)) return 'INT'
  if (TIMES.test(name)) return 'TS'
  return /代码|编码/.test(name) ? 'CD' : 'ST'
}

const two = (value: number): string => String(value).padStart(2, '0')

export function filledOf(element: string, sent: string, at: number): Filled {
  const name = sent === '' ? element : sent
  const type = kindOf(element, name)
  const base = { element, name, displayName: sent, time: '', type }
  switch (type) {
    case 'BL':
      return { ...base, xml: '<value xsi:type="BL" value="true"/>', shown: '是' }
    case 'TS': {
      const [hour, minute] = [two(8 + Math.floor(at / 60)), two(at % 60)]
      return { ...base, xml: `<value xsi:type="TS" value="20260306${hour}${minute}00"/>`, shown: `2026-03-06T${hour}:${minute}:00+08:00` }
    }
    case 'MO':
      return { ...base, xml: `<value xsi:type="MO" value="${100 + at}.55" currency="元"/>`, shown: `${100 + at}.55` }
    case 'PQ':
    case 'INT': {
      const [value, unit] = MEASURED[element] ?? [String(200 + at), UNIT.exec(name)?.[1] ?? '']
      return {
        ...base,
        xml: `<value xsi:type="${unit === '' ? 'INT' : 'PQ'}" value="${value}"${unit === '' ? '' : ` unit="${unit}"`}/>`,
        shown: value,
      }
    }
    case 'CD':
      return { ...base, ...coded(element, name, at) }
    default:
      return { ...base, xml: `<value xsi:type="ST">${name}的示例内容${at}</value>`, shown: `${name}的示例内容${at}` }
  }
}

function coded(element: string, name: string, at: number): Pick<Filled, 'xml' | 'shown' | 'code'> {
  const disease = DISEASES[at % DISEASES.length] as readonly [string, string]
  const [code, display, table] = CODED[element] ?? (DISEASE_CODES.has(element) ? [...disease, '3.11.3'] : ['1', `${name}的值${at}`, '2.99'])
  if (element === 'DE05.10.130.00') return tcm(name, at)
  return { code, shown: display, xml: `<value xsi:type="CD" code="${code}" displayName="${display}" codeSystem="${OID}${table}"/>` }
}

const tcm = (name: string, at: number): Pick<Filled, 'xml' | 'shown' | 'code'> => {
  const code = `${/证/.test(name) ? 'BZX' : 'BNX'}${String(100 + at)}`
  return {
    code,
    shown: `${name}的值${at}`,
    xml: `<value xsi:type="CD" code="${code}" displayName="${name}的值${at}" codeSystem="${OID}3.14"/>`,
  }
}
