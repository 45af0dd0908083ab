/** TB_RIS_REPORT, one row per report of radiology or nuclear medicine: report, its images, and what was asked for. */
import type { DiagnosticReport, ImagingStudy, ServiceRequest } from '@medplum/fhirtypes'
import { codeSystem, localSystem } from '../../../server/fhir/canonical.ts'
import { keys } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import { localCodes } from '../../engine/systems.ts'
import type { ResourceKey } from '../../engine/types.ts'
import { patientOfReport, weak } from './identity.ts'
import { cardPatient } from './lab-report.ts'
import { reportText } from '../../engine/values/report-text.ts'
import { apply, flagOrder, type Table } from './table.ts'
import { table } from '../../engine/values/table.ts'

type Column =
  | 'YLJGYQDM'
  | 'INSTANCEUID'
  | 'STUDYUID'
  | 'JZLSH'
  | 'MZZYBZ'
  | 'SQDH'
  | 'KDSJ'
  | 'JCSJ'
  | 'BGSJ'
  | 'SHSJ'
  | 'EXAMTYPE'
  | 'JCKS'
  | 'BGYHRYID'
  | 'BGYHRYXM'
  | 'SHYHRYXM'
  | 'JCBW'
  | 'JCFF'
  | 'BWACR'
  | 'JCMC'
  | 'BGLCZD'
  | 'YXBX'
  | 'YXZD'
  | 'BZHJY'
  | 'SFYYY'
  | 'XGBZ'
type ImagingRow = { [K in Column]?: string }

/** DICOM CID 29, with the words that equipment lists use instead. */
const MODALITIES: Record<string, string> = table({ DR: 'DX', MRI: 'MR', PET: 'PT', DSA: 'XA' })
const DICOM = new Set(['CR', 'CT', 'DX', 'MG', 'MR', 'NM', 'PT', 'RF', 'RG', 'US', 'XA'])

function modality(row: RowView<ImagingRow>, run: Run) {
  const sent = row.EXAMTYPE
  if (sent === undefined) return undefined
  const code = MODALITIES[sent.toUpperCase()] ?? sent.toUpperCase()
  if (DICOM.has(code)) return { system: 'http://dicom.nema.org/resources/ontology/DCM', code }
  return { system: localCodes(run.scope, 'exam-type'), code: sent }
}

const UID = /^[0-2](?:\.(?:0|[1-9]\d*))+$/
const UID_CHARACTERS_MAX = 64

/** The number of the study, when there are images (SFYYY 1, or not said) and it is a number by which they can be found. */
const studyUid = (row: RowView<ImagingRow>): string | undefined =>
  (row.SFYYY === undefined || row.SFYYY === '1') &&
  row.STUDYUID !== undefined &&
  row.STUDYUID.length <= UID_CHARACTERS_MAX &&
  UID.test(row.STUDYUID)
    ? row.STUDYUID
    : undefined

function bodyPart(row: RowView<ImagingRow>): string | undefined {
  const said = [row.JCBW, row.BWACR === undefined ? undefined : `ACR ${row.BWACR}`].filter((part) => part !== undefined)
  return said.length > 0 ? `检查部位：${said.join('，')}` : undefined
}

const studyKey = (row: RowView<ImagingRow>, run: Run): ResourceKey | undefined => {
  const uid = studyUid(row)
  return uid === undefined ? undefined : { type: 'ImagingStudy', scope: run.scope, parts: [uid] }
}

export const imagingReport = mapping<ImagingRow, DiagnosticReport>({
  source: 'rhip/TB_RIS_REPORT',
  to: 'DiagnosticReport',
  profile: 'cn-diagnosticreport-imaging',
  id: (row, run) => (row.INSTANCEUID === undefined ? undefined : keys.examReport(run.scope, row.INSTANCEUID)),
  organization: 'YLJGYQDM',
  withdrawn: (row) => row.XGBZ === '2',
  rules: (from) => ({
    identifier: [from.identifier((scope) => localSystem(scope, 'exam-report-no'), 'INSTANCEUID')],
    basedOn: [from.referenceTo('SQDH', (row, run) => (row.SQDH === undefined ? undefined : keys.request(run.scope, row.SQDH)))],
    status: 'final',
    category: [
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: 'RAD', display: 'Radiology' }] },
      { coding: [{ system: codeSystem('rhip-exam-type'), code: from.text('EXAMTYPE') }] },
    ],
    code: { text: from.text('JCMC').default('影像检查') },
    subject: from.patient(),
    encounter: from.encounter('JZLSH', from.encounterClass('rhip-visit-kind', 'MZZYBZ')),
    effectiveDateTime: from.dateTime('JCSJ'),
    issued: from.instant('SHSJ', 'BGSJ'),
    performer: [from.practitioner('BGYHRYID', 'BGYHRYXM'), from.department('JCKS')],
    resultsInterpreter: [from.value('SHYHRYXM', (row) => (row.SHYHRYXM === undefined ? undefined : { display: row.SHYHRYXM }))],
    imagingStudy: [from.referenceTo(['STUDYUID', 'SFYYY'], studyKey)],
    conclusion: from.prose('YXZD'),
    presentedForm: [
      from.value(['JCBW', 'JCFF', 'BGLCZD', 'YXBX', 'YXZD', 'BZHJY'], (row) =>
        reportText(
          [
            { title: '检查部位', text: row.JCBW },
            { title: '检查方法', text: row.JCFF },
            { title: '临床诊断', text: row.BGLCZD },
            { title: '影像表现', text: row.YXBX },
            { title: '影像诊断', text: row.YXZD },
            { title: '备注或建议', text: row.BZHJY },
          ],
          '影像检查报告',
        ),
      ),
    ],
  }),
})

export const imagingStudy = mapping<ImagingRow, ImagingStudy>({
  source: 'rhip/TB_RIS_REPORT',
  to: 'ImagingStudy',
  profile: 'cn-imagingstudy',
  id: studyKey,
  organization: 'YLJGYQDM',
  when: (row) => studyUid(row) !== undefined,
  withdrawn: (row) => row.XGBZ === '2',
  rules: (from) => ({
    identifier: [from.value('STUDYUID', (row) => ({ system: 'urn:dicom:uid', value: `urn:oid:${row.STUDYUID}` }))],
    status: 'available',
    modality: [from.value('EXAMTYPE', modality)],
    subject: from.patient(),
    encounter: from.encounter('JZLSH', from.encounterClass('rhip-visit-kind', 'MZZYBZ')),
    started: from.dateTime('JCSJ'),
    basedOn: [from.referenceTo('SQDH', (row, run) => (row.SQDH === undefined ? undefined : keys.request(run.scope, row.SQDH)))],
    procedureCode: [{ text: from.text('JCMC') }],
    reasonCode: [{ text: from.prose('BGLCZD') }],
    description: from.text('JCMC'),
    // A place has its element in a series, of which the table has no number.
    note: [{ text: from.value(['JCBW', 'BWACR'], bodyPart) }],
  }),
})

export const imagingRequest = mapping<ImagingRow, ServiceRequest>({
  source: 'rhip/TB_RIS_REPORT',
  to: 'ServiceRequest',
  id: (row, run) => (row.SQDH === undefined ? undefined : keys.request(run.scope, row.SQDH)),
  organization: 'YLJGYQDM',
  // A withdrawn report does not undo the request, and says nothing about it.
  when: (row) => row.SQDH !== undefined && row.XGBZ !== '2',
  rules: (from) => ({
    identifier: [from.identifier((scope) => localSystem(scope, 'request-no'), 'SQDH')],
    status: 'completed',
    intent: 'order',
    category: [{ coding: [{ system: codeSystem('cn-service-category'), code: 'imaging', display: '影像检查' }] }],
    code: { text: from.text('JCMC') },
    subject: from.patient(),
    encounter: from.encounter('JZLSH', from.encounterClass('rhip-visit-kind', 'MZZYBZ')),
    authoredOn: from.dateTime('KDSJ'),
    reasonCode: [{ text: from.prose('BGLCZD') }],
    bodySite: [from.localConcept('acr-body-part', 'BWACR', 'JCBW')],
  }),
})

export const IMAGING_REPORTS: Table = {
  key: ['YLJGYQDM', 'INSTANCEUID'],
  stated: ['SHSJ', 'BGSJ'],
  fill: (record, row, statedAt) => {
    const { local, ...facts } = patientOfReport(row, record.context)
    record.patient = { local: [...local, ...weak('EXAM', row.INSTANCEUID, row, record.context)], ...facts }
    record.noteRead('HZXM', 'BRXB')
    apply(record, cardPatient, row, statedAt)
    apply(record, imagingReport, row, statedAt)
    apply(record, imagingStudy, row, statedAt)
    apply(record, imagingRequest, row, statedAt)
    flagOrder(record, row, 'JCSJ', 'BGSJ')
  },
}
