/** What every document becomes: Composition, DocumentReference and the original as Binary; its patient and its people. */
import { createHash } from 'node:crypto'
import type { Binary, Composition, DocumentReference } from '@medplum/fhirtypes'
import { codeSystem, localSystem, structureDefinition } from '../../../server/fhir/canonical.ts'
import { keys, referTo } from '../../engine/keys.ts'
import { type Mapping, mapping } from '../../engine/mapping.ts'
import type { ProfileName } from '../../engine/names.ts'
import type { RecordBuilder } from '../../engine/record.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import { TABLES } from '../../engine/systems.ts'
import type { ResourceKey } from '../../engine/types.ts'
import { readDateTime } from '../../engine/values/date.ts'
import { DOCUMENTS } from './documents.ts'
import type { CdaHeader } from './header.ts'
import { patient, PATIENT_PLACES } from './patient.ts'
import { personReference, practitioner } from './person.ts'
import { relationship, relative } from './relative.ts'
import { type CdaSection, sectionElement, type SectionRules } from './sections.ts'
import { patientNoOf, type Signature } from './signatures.ts'
import { table } from '../../engine/values/table.ts'

export interface DocumentRow {
  documentNo?: string
  type?: string
  title?: string
  templateId?: string
  effectiveTime?: string
  confidentiality?: string
  language?: string
  visitNo?: string
  custodianName?: string
  header: CdaHeader
  sections: CdaSection[]
  bytes: Uint8Array
}

export interface CompositionRow extends DocumentRow {
  /** resources of the record that a section speaks of */
  entries: (section: CdaSection) => readonly ResourceKey[]
  rules: SectionRules
  signed: readonly Signature[]
  /** the Consent that a signed document made */
  consent?: ResourceKey
}

/** Names of the row's fields in the document. */
export const DOCUMENT_PLACES: Record<string, string> = table({
  documentNo: 'id/@extension',
  type: 'code/@code',
  effectiveTime: 'effectiveTime/@value',
  confidentiality: 'confidentialityCode/@code',
  language: 'languageCode/@code',
  visitNo: 'recordTarget/patientRole/id/@extension',
})

const typeOf = (row: RowView<CompositionRow>) => ({
  coding: [{ system: TABLES.documentType, code: row.type ?? '', ...(row.title && { display: row.title }) }],
  ...(row.title && { text: row.title }),
})
const withNumber = (key: (scope: string, documentNo: string) => ResourceKey) => (row: RowView<CompositionRow>, run: Run) =>
  row.documentNo === undefined ? undefined : key(run.scope, row.documentNo)
const documentSystem = (scope: string): string => localSystem(scope, 'document-no')

const compositionOf = (profile: ProfileName) =>
  mapping<CompositionRow, Composition>({
    source: 'hospital/cda/ClinicalDocument',
    to: 'Composition',
    profile,
    id: withNumber(keys.composition),
    rules: (from) => ({
      extension: [{ url: structureDefinition('cn-template-id'), valueOid: from.text('templateId').as((oid) => `urn:oid:${oid}`) }],
      language: from.text('language'),
      identifier: from.identifier(documentSystem, 'documentNo'),
      status: 'final',
      type: from.value('type', typeOf),
      subject: from.patient(),
      encounter: from.encounter('visitNo'),
      date: from.dateTime('effectiveTime').required(),
      author: from.value('header', (row, run) => {
        const authors = row.header.authors.map((one) => personReference(one, run.scope)).filter((one) => one !== undefined)
        return authors.length > 0 ? authors : [referTo(keys.organization(run.scope), row.custodianName)]
      }),
      title: from.text('title').default('病历文书'),
      confidentiality: from.text<NonNullable<Composition['confidentiality']>>('confidentiality'),
      attester: from.value(['header', 'signed'], (row, run) => {
        const attesters = [...row.header.attesters.map((one) => attester(one, run)), ...row.signed.map((one) => signature(one, run))]
        return attesters.length > 0 ? (attesters as never) : undefined
      }),
      custodian: from.organization(),
      relatesTo: from.value('header', (row, run) => {
        const related = row.header.related.map(({ code, documentNo: value }) => ({
          code,
          targetIdentifier: { system: documentSystem(run.scope), value },
        }))
        return related.length > 0 ? related : undefined
      }),
      section: from.value('sections', (row, run) => {
        const sections = row.sections.map((one) => sectionElement(one, run.context.timezone, row.entries, row.rules))
        return sections.length > 0 ? (sections as never) : undefined
      }),
    }),
  })

function attester(one: CdaHeader['attesters'][number], run: Run) {
  const time = one.time === undefined ? undefined : readDateTime(one.time, run.context.timezone).value
  const party = personReference(one, run.scope)
  return { mode: one.legal ? ('legal' as const) : ('professional' as const), ...(time && { time }), ...(party && { party }) }
}

/** The patient or a relative, who signs for himself. */
function signature(one: Signature, run: Run) {
  const time = one.time === undefined ? undefined : readDateTime(one.time, run.context.timezone).value
  const [relation] = one.key === 'patient' ? [] : (relationship(one, run) ?? [])
  return {
    ...(relation && { extension: [{ url: structureDefinition('cn-signatory-relation'), valueCodeableConcept: relation }] }),
    mode: 'personal' as const,
    ...(time && { time }),
    party: one.key === 'patient' ? { $patient: true as const } : referTo(one.key, one.name),
  }
}

export const documentReference = mapping<CompositionRow, DocumentReference>({
  source: 'hospital/cda/original',
  to: 'DocumentReference',
  id: withNumber(keys.document),
  rules: (from) => ({
    extension: [{ url: structureDefinition('cn-template-id'), valueOid: from.text('templateId').as((oid) => `urn:oid:${oid}`) }],
    masterIdentifier: from.identifier(documentSystem, 'documentNo'),
    identifier: [from.identifier(documentSystem, 'documentNo')],
    status: 'current',
    docStatus: 'final',
    type: from.value('type', typeOf),
    subject: from.patient(),
    date: from.instant('effectiveTime'),
    author: from.value('header', (row, run) =>
      row.header.authors.map((one) => personReference(one, run.scope)).filter((one) => one !== undefined),
    ),
    custodian: from.organization(),
    description: from.text('title'),
    // By its number alone: the other document may never come.
    relatesTo: from.value('header', (row, run) => {
      const related = row.header.related.map(({ code, documentNo: value }) => ({
        code,
        target: { identifier: { system: documentSystem(run.scope), value }, display: '病历文书' } as { display: string },
      }))
      return related.length > 0 ? related : undefined
    }),
    content: from.value('bytes', (row, run) => [
      {
        attachment: {
          contentType: 'text/xml',
          url: { $url: keys.binary(run.scope, row.documentNo ?? '') } as unknown as string,
          size: row.bytes.length,
          // Attachment.hash is SHA-1 by its definition: it detects a changed file, it protects nothing.
          hash: createHash('sha1').update(row.bytes).digest('base64'),
          title: row.title ?? '病历文书',
        },
        format: { system: codeSystem('cn-document-format'), code: 'cda' },
      },
    ]),
    category: [{ coding: [{ system: codeSystem('cn-document-class'), code: 'EMR', display: '电子病历' }] }],
    context: {
      encounter: [from.encounter('visitNo')],
      // What the document says is in the Composition: whatever is sensitive there is sensitive in the original.
      related: [
        from.referenceTo('documentNo', withNumber(keys.composition)),
        from.value('consent', (row) => (row.consent ? referTo(row.consent as ResourceKey) : undefined)),
      ],
    },
  }),
})

export const original = mapping<CompositionRow, Binary>({
  source: 'hospital/cda/original',
  to: 'Binary',
  id: withNumber(keys.binary),
  rules: (from) => ({
    contentType: 'text/xml',
    // Of the document and not of the patient alone: who may not read what it says may not read the bytes.
    securityContext: from.referenceTo('documentNo', withNumber(keys.document)),
    data: from.value('bytes', (row) => Buffer.from(row.bytes).toString('base64')),
  }),
})

/** Compositions by profile, made once each. */
const compositions = new Map<ProfileName, Mapping<CompositionRow>>()
function compositionWith(profile: ProfileName): Mapping<CompositionRow> {
  const made = compositions.get(profile) ?? compositionOf(profile)
  compositions.set(profile, made)
  return made
}
for (const { profile } of Object.values(DOCUMENTS)) compositionWith(profile)

/** Patient, people of the hospital, relatives: what the rest of the record refers to. */
export function runPeople(record: RecordBuilder, { header, documentNo }: DocumentRow, statedAt: string, died: string | undefined): void {
  const at = (field: string): string => PATIENT_PLACES[field] ?? field
  record.run(patient, { ...header.patient, ...(died !== undefined && { died }) }, { statedAt, offer: false, at })
  for (const one of [...header.authors, ...header.attesters]) {
    record.run(practitioner, one, { statedAt, offer: false, at: (field) => `${one.at}/${field}` })
  }
  const patientNo = patientNoOf(header, documentNo ?? '')
  for (const one of header.relatives.filter(({ isPatient }) => !isPatient)) {
    const key = record.run(relative, { ...one, patientNo }, { statedAt, offer: false, at: (field) => `${one.at}/${field}` })
    // Who signed and told of the illness stands there twice, and once without a number.
    const { number: legal, name, phone } = one
    record.sayOfKin({
      ...(key !== undefined && key !== 'patient' && { key }),
      ...(legal !== undefined && { legal }),
      ...{ local: [], names: name === undefined ? [] : [name], phones: phone === undefined ? [] : [phone] },
    })
  }
}

/**
 * The document itself. @param facts what it says: once another document replaces it, the reference says so
 */
export function runDocument(record: RecordBuilder, row: CompositionRow, statedAt: string, profile: ProfileName, facts: ResourceKey): void {
  const options = { statedAt, offer: false as const, at: (field: string) => DOCUMENT_PLACES[field] ?? field }
  record.run(compositionWith(profile), row, options)
  record.run(documentReference, row, { ...options, batches: [facts], onceReversed: { status: 'superseded' } })
  record.run(original, row, options)
}
