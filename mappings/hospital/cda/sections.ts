/** Sections of the structured body to Composition.section: narrative from text and entries, escaped (formats.md D37). */
import { codeSystem } from '../../../server/fhir/canonical.ts'
import { referTo } from '../../engine/keys.ts'
import type { ResourceKey } from '../../engine/types.ts'
import { escapeXhtml, plainText } from '../../engine/values/text.ts'
import { readDateTime } from '../../engine/values/date.ts'
import { child, childrenOf, descend, type XmlElement } from '../../parsers/xml.ts'
import { flat, sectionStatements, type Statement } from './entries.ts'
import type { CdaReader } from './reading.ts'

export interface CdaSection {
  code?: string
  /** displayName of the code, or the section's own title */
  name: string
  /** the section's own narrative as plain text */
  narrative?: string
  statements: Statement[]
  sections: CdaSection[]
}

export function readSections(reader: CdaReader): CdaSection[] {
  return childrenOf(descend(reader.root, 'component/structuredBody'), 'component').flatMap((one) =>
    childrenOf(one, 'section').map((section) => readSection(section, reader)),
  )
}

function readSection(section: XmlElement, reader: CdaReader): CdaSection {
  const code = child(section, 'code')
  const value = reader.attribute(code, 'code')
  const name = reader.text(child(section, 'title')) ?? reader.attribute(code, 'displayName') ?? value ?? '章节'
  reader.attribute(code, 'displayName')
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
const TITLES: Record<string, string> = {
  '10154-3': '主诉',
  '10164-2': '现病史',
  '11348-0': '既往史',
  '29545-1': '体格检查',
  '29548-5': '诊断',
  '11535-2': '诊断',
  '11450-4': '入院情况',
  '8648-8': '诊疗过程',
  '46209-3': '医嘱',
  '18776-5': '治疗计划',
  '8716-3': '生命体征',
  '48765-2': '过敏史',
  '30954-2': '辅助检查',
  '47519-4': '手术操作',
  '10157-6': '家族史',
  '29762-2': '个人史',
}

/** @param entries resources of the record that a section speaks of */
export function sectionElement(
  section: CdaSection,
  zone: string,
  entries: (section: CdaSection) => readonly ResourceKey[],
): Record<string, unknown> {
  const lines = narrativeLines(section, zone)
  const refers = entries(section)
  const inner = section.sections.map((one) => sectionElement(one, zone, entries))
  const empty = lines.length === 0 && refers.length === 0 && inner.length === 0
  return {
    title: (section.code && TITLES[section.code]) ?? section.name,
    code: sectionCode(section),
    text: {
      status: section.narrative ? 'additional' : 'generated',
      div: xhtml(empty ? ['未填写'] : lines.length > 0 ? lines : [section.name]),
    },
    ...(refers.length > 0 && { entry: refers.map((key) => referTo(key)) }),
    ...(empty && { emptyReason: { coding: [{ system: EMPTY_REASON, code: 'unavailable', display: 'Unavailable' }] } }),
    ...(inner.length > 0 && { section: inner }),
  }
}

function sectionCode({ code, name }: CdaSection): Record<string, unknown> {
  if (code === undefined) return { text: name }
  const system = /^\d{1,6}-\d$/.test(code) ? LOINC : codeSystem('cn-section')
  return { coding: [{ system, code, display: name }] }
}

function narrativeLines(section: CdaSection, zone: string): string[] {
  const own = section.narrative?.split('\n') ?? []
  return [...own, ...flat(section.statements).flatMap((one) => lineOf(one, zone))]
}

function lineOf({ name, text, time, code, unit }: Statement, zone: string): string[] {
  if (text === undefined) return []
  const shown = time === undefined ? text : (readDateTime(time, zone).value ?? text)
  const coded = code !== undefined && code !== shown ? `${shown}（${code}）` : shown
  return [`${name}：${coded}${unit === undefined ? '' : ` ${unit}`}`]
}

function xhtml(lines: readonly string[]): string {
  const paragraphs = lines.map((line) => `<p>${escapeXhtml(line).replaceAll('\n', '<br/>')}</p>`)
  return `<div xmlns="http://www.w3.org/1999/xhtml">${paragraphs.join('')}</div>`
}
