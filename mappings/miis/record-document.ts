/** Documents of the record that the insurance collects as fields (4701, 4401) to Composition: a table says which field stands where. */
import type { Composition } from '@medplum/fhirtypes'
import { localSystem } from '../../server/fhir/canonical.ts'
import { keys, referTo } from '../engine/keys.ts'
import { type Mapping, mapping } from '../engine/mapping.ts'
import type { ProfileName } from '../engine/names.ts'
import type { RowView, Run } from '../engine/rule.ts'
import { TABLES } from '../engine/systems.ts'
import type { MappedReference } from '../engine/elements.ts'
import type { KeyReference, ResourceKey } from '../engine/types.ts'
import { filled } from '../engine/values/blank.ts'
import { escapeXhtml, plainText } from '../engine/values/text.ts'
import { staff, visit } from './keys.ts'
import type { Site } from './transaction.ts'

export interface DocumentSection {
  /** LOINC code, or a name of ours (cn-section) */
  code: string
  title: string
  /** field and its title */
  fields: readonly (readonly [field: string, title: string])[]
}

export interface DocumentKind {
  /** of the 53 kinds */
  code: string
  title: string
  profile: ProfileName
  sections: readonly DocumentSection[]
  /** code (or none) and name of those who wrote it, the first who is named first */
  authors: readonly (readonly [code: string | undefined, name: string])[]
  /** when it was written, the first that is filled */
  dates: readonly string[]
}

export interface DocumentRow extends Site {
  mdtrt_sn?: string
  mdtrt_id?: string
  /** tells documents of one kind of a stay apart; absent: there is one */
  number?: string
  vali_flag?: string
  /** resources that a section speaks of, by its code */
  entries: Readonly<Record<string, readonly KeyReference[]>>
  /** as DocumentKind names them */
  [field: string]: string | undefined | Readonly<Record<string, readonly KeyReference[]>>
}

/** A stay's documents have no numbers in the interface but that of the stay. */
export function documentKeyOf(
  kind: DocumentKind,
  scope: string,
  row: Pick<DocumentRow, 'mdtrt_sn' | 'mdtrt_id' | 'number'>,
): ResourceKey | undefined {
  const no = documentNo(kind, row)
  return no === undefined ? undefined : keys.composition(scope, no)
}

function documentNo(
  kind: DocumentKind,
  { mdtrt_sn, mdtrt_id, number }: Pick<DocumentRow, 'mdtrt_sn' | 'mdtrt_id' | 'number'>,
): string | undefined {
  const visitNo = mdtrt_sn ?? mdtrt_id
  return visitNo === undefined ? undefined : [kind.code, visitNo, ...(number === undefined ? [] : [number])].join('.')
}

const LOINC = /^\d{1,6}-\d$/
/** Its title is the section's own, and none of the code's. */
const sectionCode = ({ code }: DocumentSection) => ({
  coding: [{ system: LOINC.test(code) ? 'http://loinc.org' : 'https://fhir-cn.example/CodeSystem/cn-section', code }],
})

/** Sections that say something: what was written, in the words of the interface, and what it refers to. */
function sectionsOf(kind: DocumentKind, row: RowView<DocumentRow>, run: Run) {
  const made = kind.sections.flatMap((section) => {
    const lines = section.fields.flatMap(([field, name]) => {
      const text = filled(run.text(field))
      return text === undefined ? [] : [`<p>${escapeXhtml(`${name}：${plainText(text)}`).replaceAll('\n', '<br/>')}</p>`]
    })
    const entry = row.entries[section.code] ?? []
    if (lines.length === 0 && entry.length === 0) return []
    const div = `<div xmlns="http://www.w3.org/1999/xhtml">${lines.length > 0 ? lines.join('') : `<p>${escapeXhtml(section.title)}</p>`}</div>`
    return [
      {
        title: section.title,
        code: { ...sectionCode(section) },
        text: { status: 'generated' as const, div },
        ...(entry.length > 0 && { entry: [...entry] }),
      },
    ]
  })
  return made.length > 0 ? made : undefined
}

export function documentMapping(kind: DocumentKind, source: string): Mapping<DocumentRow> {
  const fields = kind.sections.flatMap((section) => section.fields.map(([field]) => field))
  return mapping<DocumentRow, Composition>({
    source,
    to: 'Composition',
    profile: kind.profile,
    id: (row, run) => documentKeyOf(kind, run.scope, row as DocumentRow),
    organization: 'fixmedins_code',
    withdrawn: (row) => row.vali_flag === '0',
    rules: (from) => ({
      identifier: from.value(['mdtrt_sn', 'mdtrt_id', 'number'], (row, run) => {
        const value = documentNo(kind, row as DocumentRow)
        return value === undefined ? undefined : { system: localSystem(run.scope, 'record-document-no'), value }
      }),
      status: 'final',
      type: { coding: [{ system: TABLES.documentType, code: kind.code, display: kind.title }] },
      title: kind.title,
      subject: from.patient(),
      encounter: from.encounter('mdtrt_sn').or(visit<DocumentRow>('mdtrt_id')),
      date: kind.dates
        .reduce((rule, field) => rule.or(from.dateTime(field)), from.dateTime(kind.dates[0] ?? 'inf_time'))
        .or(from.dateTime('inf_time'))
        .required(),
      author: from.value(
        kind.authors.map(([, name]) => name),
        (_row, run) => authorsOf(kind, run),
      ),
      custodian: from.value('fixmedins_code', (row, run) => referTo(keys.organization(run.scope), row.fixmedins_name)),
      section: from.value(['entries', ...fields] as never, (row, run) => sectionsOf(kind, row, run) as never),
    }),
  })
}

/** Each of those who are named once; without any the institution answers for it. */
function authorsOf(kind: DocumentKind, run: Run): MappedReference[] {
  const found = kind.authors.flatMap(([code, name]): MappedReference[] => {
    const one = code === undefined ? named(run.text(name)) : staff<Record<string, string>>(code, name).evaluate(run)
    return one ? [one] : []
  })
  const distinct = found.filter((one, at) => found.findIndex((other) => JSON.stringify(other) === JSON.stringify(one)) === at)
  return distinct.length > 0 ? distinct : [referTo(keys.organization(run.scope), run.text('fixmedins_name'))]
}

const named = (display: string | undefined): { display: string } | undefined => (display === undefined ? undefined : { display })
