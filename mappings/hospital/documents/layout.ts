/**
 * The index of documents that a hospital exports as files: a row for each. No standard names its columns; these are the pinyin initials that the
 * platforms' tables have for the same things, and their Chinese and English names. A hospital's own are a folder's (columns.csv, table DOCUMENTS).
 */
import type { TableLayout } from '../../parsers/delimited.ts'
import type { NeededOf } from '../../rhip/tables/dialect.ts'

export const TABLE = 'DOCUMENTS'

/** Column, its Chinese name, its English one. */
const COLUMNS: readonly (readonly [column: string, chinese: string, english: string])[] = [
  ['WJM', '文件名', 'FILE'],
  ['WSBH', '文书编号', 'DOCUMENT_NO'],
  ['BAH', '病案号', 'PATIENT_NO'],
  ['SFZH', '身份证号', 'IDENTITY_NO'],
  ['HZXM', '姓名', 'NAME'],
  ['JZLSH', '就诊流水号', 'VISIT_NO'],
  ['WSLX', '文书类型', 'TYPE'],
  ['WSLXMC', '文书类型名称', 'TYPE_NAME'],
  ['WSBT', '标题', 'TITLE'],
  ['WSSJ', '文书时间', 'TIME'],
  ['ZZGH', '作者工号', 'AUTHOR_NO'],
  ['ZZXM', '作者', 'AUTHOR'],
  ['KSBM', '科室编码', 'DEPARTMENT_NO'],
  ['KSMC', '科室', 'DEPARTMENT'],
  ['ZYZ', '摘要', 'HASH'],
  ['YWSCSJ', '更新时间', 'UPDATED'],
  ['XGBZ', '状态', 'STATUS'],
]

export const INDEX: TableLayout = {
  name: TABLE,
  columns: COLUMNS.map(([column]) => column),
  required: ['WJM'],
  requiredEither: [['BAH', 'SFZH', 'JZLSH']],
  aliases: Object.fromEntries(COLUMNS.flatMap(([column, ...names]) => names.map((name) => [name, column]))),
}

/** Which file, and whose. */
export const neededOf: NeededOf = (table) => (table === TABLE ? [['WJM'], ['BAH', 'SFZH', 'JZLSH']] : [])
