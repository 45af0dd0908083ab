/** Units as laboratories and wards write them to UCUM; the original always stays in `unit` (formats.md D16). */
import { ownText } from '../../../server/fhir/own-text.ts'
import { toHalfWidth } from './text.ts'
import { table } from './table.ts'

export const UCUM = 'http://unitsofmeasure.org'

/** Spellings that differ from UCUM by more than the general rules of toUcum. Keys are half width, without spaces. */
const TABLE: Record<string, string> = table({
  '次/分': '/min',
  '次/分钟': '/min',
  '次/min': '/min',
  bpm: '/min',
  岁: 'a',
  月: 'mo',
  周: 'wk',
  天: 'd',
  日: 'd',
  小时: 'h',
  分: 'min',
  分钟: 'min',
  秒: 's',
  sec: 's',
  S: 's',
  '℃': 'Cel',
  '°C': 'Cel',
  摄氏度: 'Cel',
  千克: 'kg',
  公斤: 'kg',
  KG: 'kg',
  克: 'g',
  毫克: 'mg',
  微克: 'ug',
  升: 'L',
  毫升: 'mL',
  ML: 'mL',
  厘米: 'cm',
  CM: 'cm',
  毫米: 'mm',
  米: 'm',
  mmHg: 'mm[Hg]',
  MMHG: 'mm[Hg]',
  毫米汞柱: 'mm[Hg]',
  'mmol/l': 'mmol/L',
  'umol/l': 'umol/L',
  'g/l': 'g/L',
  'mg/l': 'mg/L',
  'mm/h': 'mm/h',
  'mm/H': 'mm/h',
  'U/L': 'U/L',
  'u/L': 'U/L',
  'U/l': 'U/L',
  'u/l': 'U/L',
  'IU/L': '[IU]/L',
  'IU/l': '[IU]/L',
  'IU/mL': '[IU]/mL',
  'IU/ml': '[IU]/mL',
  'KIU/L': 'k[IU]/L',
  'mIU/L': 'm[IU]/L',
  'mIU/mL': 'm[IU]/mL',
  'mIU/ml': 'm[IU]/mL',
  'uIU/mL': 'u[IU]/mL',
  'uIU/ml': 'u[IU]/mL',
  COI: '{COI}',
  'S/CO': '{s_co_ratio}',
  '个/uL': '/uL',
  '个/ul': '/uL',
  '/ul': '/uL',
  '个/HP': '/[HPF]',
  '/HP': '/[HPF]',
  '/HPF': '/[HPF]',
  '个/LP': '/[LPF]',
  '/LP': '/[LPF]',
  '/LPF': '/[LPF]',
  'copies/mL': '{copies}/mL',
  'copies/ml': '{copies}/mL',
  'mOsm/kg': 'mosm/kg',
  'mOsm/(kg.H2O)': 'mosm/kg',
  'mL/(min*1.73m^2)': 'mL/min/{1.73_m2}',
  'ml/min/1.73m2': 'mL/min/{1.73_m2}',
  '%': '%',
  '‰': '[ppth]',
  fl: 'fL',
})

/** UCUM units that need no table; matched as they stand. */
const PLAIN =
  /^(?:(?:[mnpufkc]?(?:mol|g|L|m|s|eq|osm|U)|min|h|d|wk|mo|a|kPa|Pa|Cel|dL|%)(?:\/(?:[mnpufkc]?(?:mol|g|L|m|s)|dL|min|h|d|kg|m2))?|\/(?:min|h|d|[mu]?L)|10\*\d{1,2}\/[mu]?L)$/

/** A laboratory uses a few dozen units and sends each a million times. */
const READ_MAX = 5_000
const READ_CHARACTERS_MAX = 40
const alreadyRead = new Map<string, string | undefined>()

/** UCUM code of a unit as sent; undefined when it is not certain. */
export function toUcum(sent: string): string | undefined {
  // What is longer is no unit.
  if (sent.length > READ_CHARACTERS_MAX) return ucumOf(sent)
  if (alreadyRead.has(sent)) return alreadyRead.get(sent)
  if (alreadyRead.size >= READ_MAX) alreadyRead.clear()
  const code = ucumOf(sent)
  alreadyRead.set(ownText(sent), code)
  return code
}

function ucumOf(sent: string): string | undefined {
  const unit = toHalfWidth(sent)
    .replace(/\s+/g, '')
    .replace(/[μµ]/g, 'u')
    .replace(/10([⁰¹²³⁴-⁹]+)/, (_, digits: string) => `10^${digits.normalize('NFKC')}`)
  const listed = TABLE[unit]
  if (listed) return listed
  const power = unit
    .replace(
      /^(?:[xX×*]|)10(?:\^|\*\*|\*|E|e)?(\d{1,2})\/([mu]?)[lL]$/,
      (_, exponent: string, prefix: string) => `10*${exponent}/${prefix}L`,
    )
    .replace(/([mud])l(?=\/|$)/g, '$1L')
  if (PLAIN.test(power)) return power
  const lower = power.replace(/\/l$/, '/L')
  return PLAIN.test(lower) ? lower : undefined
}

export interface UnitElements {
  unit?: string
  system?: typeof UCUM
  code?: string
}

/** The elements of a Quantity that say its unit; empty when none was sent. */
export function readUnit(sent: string | undefined): UnitElements {
  if (sent === undefined) return {}
  const code = toUcum(sent)
  return code ? { unit: sent, system: UCUM, code } : { unit: sent }
}
