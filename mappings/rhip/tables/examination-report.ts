/** TB_RIS_REPORT2, one row per report of ultrasound, pathology, ECG, endoscopy or electrophysiology, each to its own profile. */
import type { DiagnosticReport, Specimen } from '@medplum/fhirtypes'
import { codeSystem, localSystem, structureDefinition } from '../../../server/fhir/canonical.ts'
import { keys } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { ProfileName } from '../../engine/names.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import type { ResourceKey } from '../../engine/types.ts'
import { weak } from './identity.ts'
import { reportText } from '../../engine/values/report-text.ts'
import { apply, flagOrder, type Table } from './table.ts'
import { table } from '../../engine/values/table.ts'

const ABNORMAL: Readonly<Record<string, boolean>> = table({ '1': false, '2': true })

/** Up to 15 titled blocks; block 12's text is spelled BT1NR2. */
const BLOCKS = Array.from({ length: 15 }, (_, at) => at + 1).map((n) => ({
  title: `BT${n}MC` as const,
  text: n === 12 ? ('BT1NR2' as const) : (`BT${n}NR` as const),
}))
export const BLOCK_COLUMNS = BLOCKS.flatMap(({ title, text }, at) => [`BT${at + 1}BM`, title, text])

type Column =
  | 'YLJGYQDM'
  | 'INSTANCEUID'
  | 'JZLSH'
  | 'EXAMTYPE'
  | 'JCSJ'
  | 'BGSJ'
  | 'JCMC'
  | 'JCBW'
  | 'JCJGDM'
  | 'JCBGJG'
  | 'JCBGBZ'
  | 'XGBZ'
  | (typeof BLOCKS)[number]['title' | 'text']
type ExaminationRow = { [K in Column]?: string }

type Kind = 'imaging' | 'pathology' | 'other'

/** EXAMTYPE has codes of its own in every place, the name of the examination says what it was. */
function kindOf(row: RowView<ExaminationRow>): Kind {
  const words = `${row.EXAMTYPE ?? ''} ${row.JCMC ?? ''}`
  if (/病理|细胞学|活检|^PAT?\b/i.test(words)) return 'pathology'
  return /超声|彩超|B超|^US\b/i.test(words) ? 'imaging' : 'other'
}

const CATEGORY: Record<Kind, { code: string; display: string }> = {
  imaging: { code: 'RAD', display: 'Radiology' },
  pathology: { code: 'PAT', display: 'Pathology (gross & histopath, not surgical)' },
  other: { code: 'OTH', display: 'Other' },
}

const specimenKey = (row: RowView<ExaminationRow>, run: Run): ResourceKey | undefined =>
  row.INSTANCEUID === undefined ? undefined : keys.specimenOfExam(run.scope, row.INSTANCEUID)

const reportOf = (kind: Kind, profile: ProfileName) =>
  mapping<ExaminationRow, DiagnosticReport>({
    source: 'rhip/TB_RIS_REPORT2',
    to: 'DiagnosticReport',
    profile,
    id: (row, run) => (row.INSTANCEUID === undefined ? undefined : keys.examReport(run.scope, row.INSTANCEUID)),
    organization: 'YLJGYQDM',
    when: (row) => kindOf(row) === kind,
    withdrawn: (row) => row.XGBZ === '2',
    rules: (from) => ({
      extension: [
        {
          url: structureDefinition('cn-positive-finding'),
          valueBoolean: from.value('JCJGDM', (row) => ABNORMAL[row.JCJGDM ?? '']),
        },
      ],
      identifier: [from.identifier((scope) => localSystem(scope, 'exam-report-no'), 'INSTANCEUID')],
      status: 'final',
      category: [
        { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', ...CATEGORY[kind] }] },
        { coding: [{ system: codeSystem('rhip-exam-type'), code: from.text('EXAMTYPE') }] },
      ],
      code: { text: from.text('JCMC').default('检查') },
      subject: from.patient(),
      encounter: from.encounter('JZLSH'),
      effectiveDateTime: from.dateTime('JCSJ'),
      issued: from.instant('BGSJ'),
      specimen: kind === 'pathology' ? [from.referenceTo('INSTANCEUID', specimenKey)] : undefined,
      conclusion: from.prose('JCBGJG'),
      conclusionCode: [from.coded('rhip-result-code', 'JCJGDM')],
      presentedForm: [
        from.value(['JCBGJG', 'JCBGBZ', 'JCBW', ...BLOCKS.flatMap(({ title, text }) => [title, text])], (row) =>
          reportText(
            [
              { title: '检查部位', text: row.JCBW },
              ...BLOCKS.map(({ title, text }) => ({ title: row[title] ?? '内容', text: row[text] })),
              { title: '检查结果', text: row.JCBGJG },
              { title: '备注', text: row.JCBGBZ },
            ],
            '检查报告',
          ),
        ),
      ],
    }),
  })

export const examinationReports = [
  reportOf('imaging', 'cn-diagnosticreport-imaging'),
  reportOf('pathology', 'cn-diagnosticreport-pathology'),
  reportOf('other', 'cn-diagnosticreport-other'),
]

/** What a pathologist saw was taken from the body, even though the table has no number for it: cn-specimen demands one. */
export const pathologySpecimen = mapping<ExaminationRow, Specimen>({
  source: 'rhip/TB_RIS_REPORT2',
  to: 'Specimen',
  id: specimenKey,
  organization: 'YLJGYQDM',
  when: (row) => kindOf(row) === 'pathology',
  withdrawn: (row) => row.XGBZ === '2',
  rules: (from) => ({
    type: { text: '病理标本' },
    subject: from.patient(),
    collection: { bodySite: { text: from.text('JCBW') } },
  }),
})

export const EXAMINATION_REPORTS: Table = {
  key: ['YLJGYQDM', 'INSTANCEUID'],
  stated: ['BGSJ', 'JCSJ'],
  fill: (record, row, statedAt) => {
    const { context } = record
    record.patient = { local: [...weak('VISIT', row.JZLSH, row, context), ...weak('EXAM', row.INSTANCEUID, row, context)] }
    for (const map of examinationReports) apply(record, map, row, statedAt)
    apply(record, pathologySpecimen, row, statedAt)
    flagOrder(record, row, 'JCSJ', 'BGSJ')
  },
}
