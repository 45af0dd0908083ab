/** Sections of the structured body to Composition.section: narrative from text and entries, escaped (formats.md D37). */
import { codeSystem } from '../../../server/fhir/canonical.ts'
import { referTo } from '../../engine/keys.ts'
import { TABLES } from '../../engine/systems.ts'
import type { ResourceKey } from '../../engine/types.ts'
import { escapeXhtml, plainText } from '../../engine/values/text.ts'
import { readDateTime } from '../../engine/values/date.ts'
import { child, childrenOf, descend, type XmlElement } from '../../parsers/xml.ts'
import { sectionStatements } from './entries.ts'
import { flat, type Statement } from './statement.ts'
import type { CdaReader } from './reading.ts'
import { table } from '../../engine/values/table.ts'

export interface CdaSection {
  code?: string
  /** displayName of the code, or the section's own title */
  name: string
  /** the section's own narrative as plain text */
  narrative?: string
  statements: Statement[]
  sections: CdaSection[]
}

/** Sections of the structured body; some senders leave the body out and hang them at the document. */
export function readSections(reader: CdaReader): CdaSection[] {
  const components = [...childrenOf(descend(reader.root, 'component/structuredBody'), 'component'), ...childrenOf(reader.root, 'component')]
  return components.flatMap((one) => childrenOf(one, 'section').map((section) => readSection(section, reader)))
}

export const allSections = (sections: readonly CdaSection[]): CdaSection[] => sections.flatMap((one) => [one, ...allSections(one.sections)])

function readSection(section: XmlElement, reader: CdaReader): CdaSection {
  const code = child(section, 'code')
  const value = reader.attribute(code, 'code')
  const display = reader.attribute(code, 'displayName')
  const name = reader.text(child(section, 'title')) ?? display ?? value ?? '章节'
  const text = child(section, 'text')
  reader.noteBranch(text)
  const narrative = text && plainText(markupText(text))
  return {
    ...(value !== undefined && { code: value }),
    name,
    ...(narrative && { narrative }),
    statements: sectionStatements(section, reader),
    sections: childrenOf(section, 'component').flatMap((one) => childrenOf(one, 'section').map((inner) => readSection(inner, reader))),
  }
}

/** The text of mark-up is kept without the order of mixed content, which the narrative of these documents does not use. */
function markupText(element: XmlElement): string {
  return [element.text, ...element.children.map(markupText)].filter((part) => part !== '').join('\n')
}

const LOINC = 'http://loinc.org'
const EMPTY_REASON = 'http://terminology.hl7.org/CodeSystem/list-empty-reason'

/** Chinese titles of the sections of the 53 documents; the LOINC display is kept in the code. */
const TITLES: Record<string, string> = table({
  '10154-3': '主诉',
  '10157-6': '家族史',
  '10160-0': '用药',
  '10164-2': '现病史',
  '10196-4': '四肢',
  '10210-3': '一般状况',
  '10213-7': '麻醉',
  '10216-0': '输液',
  '10218-6': '术后诊断',
  '10219-4': '术前诊断',
  '11336-5': '住院史',
  '11348-0': '既往史',
  '11369-6': '预防接种史',
  '11450-4': '入院情况',
  '11535-2': '诊断',
  '11537-8': '引流',
  '18610-6': '用药管理',
  '18776-5': '治疗计划',
  '29302-7': '皮肤',
  '29545-1': '体格检查',
  '29548-5': '诊断',
  '29762-2': '个人史',
  '30954-2': '辅助检查',
  '34895-3': '知情告知',
  '42349-1': '转科记录',
  '46209-3': '医嘱',
  '46241-6': '入院诊断',
  '47519-4': '手术操作',
  '48765-2': '过敏史',
  '48768-6': '费用',
  '49033-4': '月经史',
  '51848-0': '评估',
  '55103-6': '失血',
  '56836-0': '输血',
  '57073-9': '产前',
  '57074-7': '分娩过程',
  '57075-4': '新生儿',
  '57076-2': '产后处置',
  '59772-4': '拟行操作',
  '59774-0': '麻醉',
  '59775-7': '术后去向',
  '69730-0': '健康指导',
  '8648-8': '诊疗过程',
  '8716-3': '生命体征',
  '8724-7': '手术过程',
})

/** Sections that the documents name in words only, and that our own list has a code for. */
const NAMED: readonly (readonly [RegExp, string])[] = [
  [/^意见/, 'opinion'],
  [/操作风险/, 'operation-risk'],
  [/^辅助检查/, 'aux-exam'],
  [/护理观察/, 'nursing-observation'],
  [/行政管理/, 'administration'],
]

/** What a document's table says of its sections (documents.ts). */
export interface SectionRules {
  /** LOINC code of a section to another one that says what it holds in this document */
  also?: Readonly<Record<string, string>>
}

/** @param entries resources of the record that a section speaks of */
export function sectionElement(
  section: CdaSection,
  zone: string,
  entries: (section: CdaSection) => readonly ResourceKey[],
  rules: SectionRules = {},
): Record<string, unknown> {
  const lines = narrativeLines(section, zone)
  const refers = entries(section)
  const inner = section.sections.map((one) => sectionElement(one, zone, entries, rules))
  const empty = lines.length === 0 && refers.length === 0 && inner.length === 0
  return {
    title: (section.code && TITLES[section.code]) ?? section.name,
    code: sectionCode(section, rules),
    text: {
      status: section.narrative ? 'additional' : 'generated',
      div: xhtml(empty ? ['未填写'] : lines.length > 0 ? lines : [section.name]),
    },
    ...(refers.length > 0 && { entry: refers.map((key) => referTo(key)) }),
    ...(empty && { emptyReason: { coding: [{ system: EMPTY_REASON, code: 'unavailable', display: 'Unavailable' }] } }),
    ...(inner.length > 0 && { section: inner }),
  }
}

function sectionCode({ code, name }: CdaSection, { also = {} }: SectionRules): Record<string, unknown> {
  if (code === undefined) {
    const named = NAMED.find(([words]) => words.test(name))?.[1]
    return { ...(named && { coding: [{ system: codeSystem('cn-section'), code: named }] }), text: name }
  }
  const other = Object.hasOwn(also, code) ? also[code] : undefined
  return { coding: [{ system: systemOf(code), code, display: name }, ...(other ? [{ system: LOINC, code: other }] : [])] }
}

function systemOf(code: string): string {
  if (/^\d{1,6}-\d$/.test(code)) return LOINC
  return /^DE\d/.test(code) ? TABLES.dataElement : codeSystem('cn-section')
}

function narrativeLines(section: CdaSection, zone: string): string[] {
  const own = section.narrative?.split('\n') ?? []
  return [...own, ...flat(section.statements).flatMap((one) => lineOf(one, zone))]
}

function lineOf({ name, text, time, code, unit }: Statement, zone: string): string[] {
  const value = text ?? code
  if (value === undefined) return []
  const shown = time === undefined ? value : (readDateTime(time, zone).value ?? value)
  const coded = code !== undefined && code !== shown ? `${shown}（${code}）` : shown
  return [`${name}：${coded}${unit === undefined ? '' : ` ${unit}`}`]
}

function xhtml(lines: readonly string[]): string {
  const paragraphs = lines.map((line) => `<p>${escapeXhtml(line).replaceAll('\n', '<br/>')}</p>`)
  return `<div xmlns="http://www.w3.org/1999/xhtml">${paragraphs.join('')}</div>`
}
