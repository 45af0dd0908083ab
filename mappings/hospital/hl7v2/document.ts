/** TXA to DocumentReference, and a document's contents to Binary. */
import { createHash } from 'node:crypto'
import type { Binary, DocumentReference } from '@medplum/fhirtypes'
import { localSystem } from '../../../server/fhir/canonical.ts'
import { keys } from '../../engine/keys.ts'
import { type Mapping, mapping } from '../../engine/mapping.ts'
import type { Fields } from './fields.ts'

export const TXA = [
  'TXA-2.1',
  'TXA-2.2',
  'TXA-6',
  'TXA-9.1',
  'TXA-9.2',
  'TXA-10.1',
  'TXA-10.2',
  'TXA-13.1',
  'TXA-16',
  'TXA-17',
  'TXA-18',
  'TXA-19',
] as const

export interface ContentRow {
  documentNo: string
  /** which of the document's contents */
  part: string
  contentType: string
  data: string
}

export type DocumentRow = Fields<(typeof TXA)[number]> & {
  documentNo: string
  visitNo?: string
  contents: readonly ContentRow[]
  relation?: Relation
}
/** what it is to the document of TXA-13 */
export type Relation = 'appends' | 'replaces'

/** HL7 table 0271: what is authenticated is final. */
const COMPLETION = {
  DI: 'preliminary',
  DO: 'preliminary',
  IN: 'preliminary',
  IP: 'preliminary',
  PA: 'preliminary',
  AU: 'final',
  LA: 'final',
} as const

/** HL7 table 0273; what was cancelled is withdrawn (mdm.ts). */
const AVAILABILITY = { AV: 'current', UN: 'current', CA: 'current', OB: 'superseded' } as const

/** HL7 table 0272 to v3-Confidentiality. */
const CONFIDENTIALITY = { U: 'N', R: 'R', V: 'V' } as const

const documentSystem = (scope: string): string => localSystem(scope, 'document-no')

export const documentReference = mapping<DocumentRow, DocumentReference>({
  source: 'hospital/hl7v2/TXA',
  to: 'DocumentReference',
  id: (row, run) => keys.document(run.scope, row.documentNo ?? ''),
  rules: (from) => ({
    masterIdentifier: from.identifier(documentSystem, 'documentNo'),
    identifier: [from.identifier(documentSystem, 'documentNo')],
    status: from.choice('TXA-19', AVAILABILITY).default('current'),
    docStatus: from.choice('TXA-17', COMPLETION),
    type: from.localConcept('document-type', 'TXA-2.1', 'TXA-2.2'),
    subject: from.patient(),
    date: from.instant('TXA-6'),
    author: [from.practitioner('TXA-9.1', 'TXA-9.2')],
    authenticator: from.practitioner('TXA-10.1', 'TXA-10.2'),
    custodian: from.organization(),
    // By its number: whether that document was ever sent, is not known.
    relatesTo: from.value(['relation'], (row, run) => {
      const { relation } = row as { relation?: Relation }
      const parent = relation && run.text('TXA-13.1')
      if (parent === undefined) return undefined
      return [{ code: relation, target: { identifier: { system: documentSystem(run.scope), value: parent } } }] as never
    }),
    securityLabel: [
      {
        coding: [
          {
            system: from.value('TXA-18', (row) =>
              row['TXA-18'] === undefined ? undefined : 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
            ),
            code: from.choice('TXA-18', CONFIDENTIALITY),
          },
        ],
      },
    ],
    content: from.value('contents', (row, run) => {
      const title = run.text('TXA-16') ?? run.text('TXA-2.2') ?? run.text('TXA-2.1') ?? '医疗文书'
      // A notification without content (T01) has the document's name alone.
      if ((row.contents ?? []).length === 0) return [{ attachment: { title } }]
      return (row.contents ?? []).map((one) => ({ attachment: attachmentOf(one, title, run.scope) }))
    }),
    context: { encounter: [from.encounter('visitNo')] },
  }),
})

/** A content as its document names it. */
export function attachmentOf({ documentNo, part, contentType, data }: ContentRow, title: string, scope: string) {
  const bytes = Buffer.from(data, 'base64')
  return {
    contentType,
    url: { $url: keys.attached(scope, documentNo, part) } as unknown as string,
    size: bytes.length,
    // Attachment.hash is SHA-1 by its definition: it detects a changed file, it protects nothing.
    hash: createHash('sha1').update(bytes).digest('base64'),
    title,
  }
}

export const contentMapping = (source: string): Mapping<ContentRow> =>
  mapping<ContentRow, Binary>({
    source,
    to: 'Binary',
    id: (row, run) => keys.attached(run.scope, row.documentNo ?? '', row.part ?? ''),
    rules: (from) => ({
      contentType: from.value('contentType', (row) => row.contentType ?? ''),
      // Of the document and not of the patient alone: what hides the document hides its bytes.
      securityContext: from.referenceTo('documentNo', (row, run) => keys.document(run.scope, row.documentNo ?? '')),
      data: from.value('data', (row) => row.data ?? ''),
    }),
  })

export const content = contentMapping('hospital/hl7v2/OBX-5')
