/** 4506, a report as a file: DocumentReference and its content, a PDF or a picture as base64 (formats.md D38). */
import { createHash } from 'node:crypto'
import type { Binary, DocumentReference } from '@medplum/fhirtypes'
import { localSystem } from '../../../server/fhir/canonical.ts'
import { fileContent, FILE_CHARACTERS_MAX } from '../../engine/values/file-content.ts'
import { keys, referTo } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { RowView } from '../../engine/rule.ts'
import { TABLES } from '../../engine/systems.ts'
import { listOf, text } from '../envelope.ts'
import { visit } from '../keys.ts'
import { personOf } from '../persons.ts'
import { addPerson, naming, type Site, type Transaction, withSite } from '../transaction.ts'
import { table } from '../../engine/values/table.ts'

interface FileRow extends Site {
  mdtrt_sn?: string
  mdtrt_id?: string
  exam_test_flag?: string
  appy_no?: string
  file_name?: string
  vali_flag?: string
  /** the file's own number: the request's, and its name where a request has several */
  documentNo?: string
  contentType?: string
  data?: string
}

/** 1 检查, 2 检验 */
const TYPES: Record<string, { code: string; display: string }> = table({
  '1': { code: 'C0006', display: '检查报告' },
  '2': { code: 'C0007', display: '检验报告' },
})

const documentSystem = (scope: string): string => localSystem(scope, 'report-file-no')

function typeOf(row: RowView<FileRow>) {
  const known = TYPES[row.exam_test_flag ?? '']
  return known ? { coding: [{ system: TABLES.documentType, ...known }], text: known.display } : { text: '检查检验报告' }
}

const fileReference = mapping<FileRow, DocumentReference>({
  source: 'miis/4506/data',
  to: 'DocumentReference',
  id: (row, run) => (row.documentNo === undefined ? undefined : keys.document(run.scope, row.documentNo)),
  organization: 'fixmedins_code',
  withdrawn: (row) => row.vali_flag === '0',
  rules: (from) => ({
    identifier: [from.identifier(documentSystem, 'documentNo')],
    status: 'current',
    docStatus: 'final',
    type: from.value('exam_test_flag', typeOf),
    subject: from.patient(),
    custodian: from.value('fixmedins_code', (row, run) => referTo(keys.organization(run.scope), row.fixmedins_name)),
    description: from.text('file_name'),
    content: from.value(['data', 'contentType'], (row, run) => {
      const { data, contentType, documentNo = '', file_name: title = '检查检验报告' } = row
      if (data === undefined || contentType === undefined) return undefined
      const bytes = Buffer.from(data, 'base64')
      return [
        {
          attachment: {
            contentType,
            url: { $url: keys.attached(run.scope, documentNo, '1') } as unknown as string,
            size: bytes.length,
            // Attachment.hash is SHA-1 by its definition: it detects a changed file, it protects nothing.
            hash: createHash('sha1').update(bytes).digest('base64'),
            title,
          },
        },
      ]
    }),
    context: { encounter: [from.encounter('mdtrt_sn').or(visit<FileRow>('mdtrt_id'))], related: [from.request('appy_no')] },
  }),
})

const fileBytes = mapping<FileRow, Binary>({
  source: 'miis/4506/data',
  to: 'Binary',
  id: (row, run) => (row.documentNo === undefined ? undefined : keys.attached(run.scope, row.documentNo, '1')),
  organization: 'fixmedins_code',
  when: (row) => row.data !== undefined,
  withdrawn: (row) => row.vali_flag === '0',
  rules: (from) => ({
    contentType: from.value('contentType', (row) => row.contentType ?? ''),
    securityContext: from.patient(),
    data: from.value('data', (row) => row.data ?? ''),
  }),
})

export const reportFiles: Transaction = {
  infno: '4506',
  fill: (input) => {
    const { request, record, requestedAt: statedAt } = input
    const files = listOf(request, 'input', 'data')
    const [first] = files
    if (first) addPerson(input, personOf(first.node), first.node, first.path, statedAt)
    for (const { node, path } of files) {
      const at = naming(node, path)
      // Its content is a field like others, but too long to be listed or looked at as one.
      const { exam_test_rpot: sent, ...fields } = node
      record.noteRead(...['psn_no', 'mdtrt_id', 'vali_flag', 'otp_ipt_flag', 'file_formate', 'documentNo', 'contentType', 'data'].map(at))
      if (text(node, 'psn_no') !== text(first?.node, 'psn_no')) {
        record.issue({ severity: 'error', code: 'mapping-conflict', at: at('psn_no') })
        continue
      }
      const [request_, name] = [text(node, 'appy_no'), text(node, 'file_name')]
      const documentNo = [request_, name].filter((part) => part !== undefined).join('.')
      if (documentNo === '') {
        record.issue({ severity: 'error', code: 'mapping-required', at: at('appy_no') })
        continue
      }
      const row: FileRow = { ...withSite<FileRow>(fields, request), documentNo }
      const content = typeof sent === 'string' ? fileContent(sent) : undefined
      if (!content && row.vali_flag !== '0') {
        // No base64, too large, or of a kind that is not kept: the raw payload has it, and whoever sent it is told.
        const tooLarge = typeof sent === 'string' && sent.length > FILE_CHARACTERS_MAX
        record.issue({ severity: 'error', code: tooLarge ? 'payload-too-large' : 'mapping-value-unknown', at: at('exam_test_rpot') })
        continue
      }
      const whole: FileRow = { ...row, ...content }
      record.run(fileBytes, whole, { statedAt, at, offer: false })
      record.run(fileReference, whole, { statedAt, at, offer: false })
      record.offer(fields, at)
    }
  },
}
