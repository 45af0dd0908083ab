/**
 * CDA documents of a hospital that has the 53 documents under identifiers of its own: other OIDs of its numbers and tables, templates of its
 * vendor's, its own codes of documents, sections and data elements. A table of the site's says which is which, and the document is read as if it had
 * come with the national ones; the original stays as it was sent. Made of codes.csv of the site's folder (server/ingest/dialects.ts).
 */
import { lineOf, repeatedLines, type TableLine } from '../../engine/table-line.ts'
import { child, type XmlElement } from '../../parsers/xml.ts'
import { DOCUMENTS } from './documents.ts'
import { DOCUMENT_TYPES } from './header.ts'
import { table } from '../../engine/values/table.ts'

/** One line of codes.csv. */
export interface OwnCode extends TableLine {
  /** `oid`, `template`, `document`, `section` or `element` */
  what: string
  sent: string
  means: string
}

export interface OwnCodes {
  id: string
  codes: readonly OwnCode[]
}

const LOINC = '2.16.840.1.113883.6.1'
const DATA_ELEMENTS = '2.16.156.10011.2.2.1'
const OID = /^[0-2](\.(0|[1-9]\d*))+$/

/** What each kind of line is made of. */
const KINDS: Readonly<Record<string, { sent: RegExp; means: RegExp; zh: string; en: string }>> = table({
  oid: { sent: OID, means: OID, zh: 'OID，如 2.16.156.10011.1.13', en: 'an OID such as 2.16.156.10011.1.13' },
  template: { sent: OID, means: /^C\d{4}$/, zh: '文档类型，如 C0049', en: 'a kind of document such as C0049' },
  document: { sent: /./, means: /^C\d{4}$/, zh: '文档类型，如 C0049', en: 'a kind of document such as C0049' },
  section: { sent: /./, means: /^\d{1,6}-\d$/, zh: 'LOINC 编码，如 11535-2', en: 'a LOINC code such as 11535-2' },
  element: {
    sent: /./,
    means: /^DE\d{2}\.\d{2}\.\d{3}\.\d{2}$/,
    zh: '数据元，如 DE05.01.024.00',
    en: 'a data element such as DE05.01.024.00',
  },
})

/** What is wrong with the table: a line that would map nothing and say nothing. */
export function problemsOfCodes(codes: readonly OwnCode[]): { line: number; zh: string; en: string }[] {
  const names = codes.map(({ what, sent }) => `${what} ${sent}`)
  return repeatedLines(codes, names).flatMap((first, at) => {
    const one = codes[at] as OwnCode
    const found = first === undefined ? problemOf(one) : ([`与第 ${first} 行重复`, `repeats line ${first}`] as const)
    return found ? [{ line: lineOf(one, at), zh: found[0], en: found[1] }] : []
  })
}

function problemOf({ what, sent, means }: OwnCode): readonly [zh: string, en: string] | undefined {
  const kind = Object.hasOwn(KINDS, what) ? KINDS[what] : undefined
  const kinds = Object.keys(KINDS).join(', ')
  if (!kind) return [`没有 ${what}；可用：${kinds}`, `there is no ${what}; known: ${kinds}`]
  if (!kind.sent.test(sent)) return ['发送值应为 OID', 'what is sent must be an OID']
  if (!kind.means.test(means)) return [`含义应为${kind.zh}`, `what it means must be ${kind.en}`]
  if (kind.means.test('C0049') && !Object.hasOwn(DOCUMENTS, means)) return [`没有文档 ${means}`, `there is no document ${means}`]
  return undefined
}

/** Reads a document's root as if it had come with the national identifiers. */
export function standardiser({ codes }: Pick<OwnCodes, 'codes'>): (root: XmlElement) => XmlElement {
  const tables = new Map(
    Object.keys(KINDS).map((kind) => [kind, new Map(codes.filter(({ what }) => what === kind).map(({ sent, means }) => [sent, means]))]),
  )
  const meaning = (kind: string, sent: string | undefined): string | undefined =>
    sent === undefined ? undefined : tables.get(kind)?.get(sent.trim())
  return (root) => {
    const type = root.children.flatMap((one) => (one.name === 'templateId' ? (meaning('template', one.attributes.root) ?? []) : []))[0]
    const document = type ?? meaning('document', child(root, 'code')?.attributes.code)
    return renamed(root, meaning, document)
  }
}

type Meaning = (kind: string, sent: string | undefined) => string | undefined

/** @param document the kind of the document, of its root alone */
function renamed(element: XmlElement, meaning: Meaning, document?: string): XmlElement {
  const children = element.children.map((one) => {
    const inner = renamed(one, meaning)
    if (one.name !== 'code') return inner
    if (document !== undefined) return withCode(inner, document, DOCUMENT_TYPES)
    const sent = one.attributes.code
    const [known, system] = element.name === 'section' ? [meaning('section', sent), LOINC] : [meaning('element', sent), DATA_ELEMENTS]
    return known === undefined ? inner : withCode(inner, known, system)
  })
  const own = document === undefined || children.some(({ name }) => name === 'code') ? children : [codeOf(document), ...children]
  return { ...element, attributes: withOids(element.attributes, meaning), children: own }
}

const codeOf = (code: string): XmlElement => ({
  name: 'code',
  uri: 'urn:hl7-org:v3',
  attributes: { code, codeSystem: DOCUMENT_TYPES },
  children: [],
  text: '',
})

const withCode = (element: XmlElement, code: string, codeSystem: string): XmlElement => ({
  ...element,
  attributes: { ...element.attributes, code, codeSystem },
})

/** Roots of numbers and tables of codes. */
const OID_ATTRIBUTES = ['root', 'codeSystem']

function withOids(attributes: XmlElement['attributes'], meaning: Meaning): XmlElement['attributes'] {
  const found = OID_ATTRIBUTES.flatMap((name) => {
    const known = Object.hasOwn(attributes, name) ? meaning('oid', attributes[name]) : undefined
    return known === undefined ? [] : [[name, known] as const]
  })
  return found.length === 0 ? attributes : { ...attributes, ...Object.fromEntries(found) }
}
