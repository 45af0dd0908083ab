/** Reports of examinations, 4501 (imaging and others) and 4505 (pathology): DiagnosticReport, ImagingStudy, Specimen, ServiceRequest. Keys are the hospital's. */
import type { DiagnosticReport, ImagingStudy, ServiceRequest, Specimen } from '@medplum/fhirtypes'
import { codeSystem, localSystem, structureDefinition } from '../../server/fhir/canonical.ts'
import { keys, referTo } from '../engine/keys.ts'
import { mapping } from '../engine/mapping.ts'
import type { ProfileName } from '../engine/names.ts'
import type { RowView, Run } from '../engine/rule.ts'
import { localCodes } from '../engine/systems.ts'
import type { ResourceKey } from '../engine/types.ts'
import { reportText } from '../engine/values/report-text.ts'
import { doctor, visit } from './keys.ts'
import type { Site } from './transaction.ts'
import { table } from '../engine/values/table.ts'

const ABNORMAL: Readonly<Record<string, string>> = table({ '0': '正常', '1': '异常' })

export interface ExamRow extends Site {
  mdtrt_sn?: string
  mdtrt_id?: string
  appy_no?: string
  appy_doc_name?: string
  rpotc_no?: string
  rpotc_type_code?: string
  exam_rpotc_name?: string
  exam_date?: string
  rpt_date?: string
  cma_date?: string
  sapl_date?: string
  exam_type_code?: string
  exam_type_name?: string
  exam_item_code?: string
  exam_item_name?: string
  inhosp_exam_item_code?: string
  inhosp_exam_item_name?: string
  exam_part?: string
  exam_rslt_poit_flag?: string
  exam_rslt_abn?: string
  exam_ccls?: string
  appy_org_name?: string
  appy_dept_code?: string
  exam_dept_code?: string
  bilg_dr_codg?: string
  bilg_dr_name?: string
  exe_org_name?: string
  vali_flag?: string
  specimens: readonly ResourceKey[]
  studies: readonly ResourceKey[]
}

type Kind = 'imaging' | 'pathology' | 'other'

/** The classes of examinations have codes of their own in every place; the names say what it was. */
function kindOf(row: RowView<ExamRow>): Kind {
  const words = [row.exam_type_name, row.exam_rpotc_name, row.exam_item_name, row.inhosp_exam_item_name, row.exam_type_code].join(' ')
  if (/病理|细胞学|活检/.test(words)) return 'pathology'
  if (row.studies.length > 0) return 'imaging'
  return /超声|彩超|B超|CT|MR|磁共振|X线|X光|DR|CR|放射|钼靶|核医学|PET|造影|影像/i.test(words) ? 'imaging' : 'other'
}

const CATEGORY: Record<Kind, { code: string; display: string }> = {
  imaging: { code: 'RAD', display: 'Radiology' },
  pathology: { code: 'PAT', display: 'Pathology (gross & histopath, not surgical)' },
  other: { code: 'OTH', display: 'Other' },
}

/** What was examined: the national item and the hospital's own behind it. */
function examined(row: RowView<ExamRow>, run: Run) {
  const text = row.exam_rpotc_name ?? row.inhosp_exam_item_name ?? row.exam_item_name ?? row.inhosp_exam_item_code ?? row.exam_item_code
  const coding = [
    ...(row.exam_item_code === undefined
      ? []
      : [{ system: codeSystem('nhsa-service'), code: row.exam_item_code, ...(row.exam_item_name && { display: row.exam_item_name }) }]),
    ...(row.inhosp_exam_item_code === undefined
      ? []
      : [
          {
            system: localCodes(run.scope, 'exam-item'),
            code: row.inhosp_exam_item_code,
            ...(row.inhosp_exam_item_name && { display: row.inhosp_exam_item_name }),
          },
        ]),
  ]
  return text === undefined ? undefined : { ...(coding.length > 0 && { coding }), text }
}

const reportOf = (kind: Kind, profile: ProfileName) =>
  mapping<ExamRow, DiagnosticReport>({
    source: 'miis/4501/examinfo',
    to: 'DiagnosticReport',
    profile,
    id: (row, run) => (row.rpotc_no === undefined ? undefined : keys.examReport(run.scope, row.rpotc_no)),
    organization: 'fixmedins_code',
    when: (row) => kindOf(row) === kind,
    withdrawn: (row) => row.vali_flag === '0',
    rules: (from) => ({
      extension: [
        {
          url: structureDefinition('cn-positive-finding'),
          valueBoolean: from.choice('exam_rslt_poit_flag', { '1': 'true', '0': 'false' }).as((text) => text === 'true'),
        },
      ],
      identifier: [from.identifier((scope) => localSystem(scope, 'exam-report-no'), 'rpotc_no')],
      basedOn: [from.referenceTo('appy_no', (row, run) => (row.appy_no === undefined ? undefined : keys.request(run.scope, row.appy_no)))],
      status: 'final',
      category: [
        { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', ...CATEGORY[kind] }] },
        from.codeOf(codeSystem('nhsa-exam-type'), 'exam_type_code', 'exam_type_name'),
      ],
      code: from
        .value(['exam_rpotc_name', 'exam_item_code', 'exam_item_name', 'inhosp_exam_item_code', 'inhosp_exam_item_name'], examined)
        .default({ text: '检查' }),
      subject: from.patient(),
      encounter: from.encounter('mdtrt_sn').or(visit<ExamRow>('mdtrt_id')),
      effectiveDateTime: from.dateTime('exam_date').or(from.dateTime('sapl_date')).or(from.dateTime('rpt_date')),
      issued: from.instant('rpt_date'),
      performer: [
        from.department('exam_dept_code'),
        from.value('exe_org_name', (row) => (row.exe_org_name === undefined ? undefined : { display: row.exe_org_name })),
      ],
      specimen: from.value('specimens', (row) => (row.specimens.length > 0 ? row.specimens.map((key) => referTo(key)) : undefined)),
      imagingStudy: from.value('studies', (row) => (row.studies.length > 0 ? row.studies.map((key) => referTo(key)) : undefined)),
      conclusion: from.prose('exam_ccls'),
      conclusionCode: [
        {
          coding: [
            {
              system: codeSystem('nhsa-exam-abnormal'),
              code: from.text('exam_rslt_abn'),
              display: from.text('exam_rslt_abn').as((flag) => ABNORMAL[flag]),
            },
          ],
        },
      ],
      presentedForm: [
        from.value(['exam_part', 'exam_ccls'], (row) =>
          row.exam_ccls === undefined
            ? undefined
            : reportText(
                [
                  { title: '检查部位', text: row.exam_part },
                  { title: '检查结论', text: row.exam_ccls },
                ],
                row.exam_rpotc_name ?? '检查报告',
              ),
        ),
      ],
    }),
  })

export const examReports = [
  reportOf('imaging', 'cn-diagnosticreport-imaging'),
  reportOf('pathology', 'cn-diagnosticreport-pathology'),
  reportOf('other', 'cn-diagnosticreport-other'),
]

/** What was asked for. The report's own doctor is not named; who asked is. */
export const examRequest = mapping<ExamRow, ServiceRequest>({
  source: 'miis/4501/examinfo',
  to: 'ServiceRequest',
  id: (row, run) => (row.appy_no === undefined ? undefined : keys.request(run.scope, row.appy_no)),
  organization: 'fixmedins_code',
  // A withdrawn report does not undo the request, and says nothing about it.
  when: (row) => row.appy_no !== undefined && row.vali_flag !== '0',
  rules: (from) => ({
    identifier: [from.identifier((scope) => localSystem(scope, 'request-no'), 'appy_no')],
    status: 'completed',
    intent: 'order',
    code: from.value(['exam_rpotc_name', 'exam_item_code', 'exam_item_name', 'inhosp_exam_item_code', 'inhosp_exam_item_name'], examined),
    subject: from.patient(),
    encounter: from.encounter('mdtrt_sn').or(visit<ExamRow>('mdtrt_id')),
    requester: doctor<ExamRow>('bilg_dr_codg', 'bilg_dr_name').or(
      from.value('appy_doc_name', (row) => (row.appy_doc_name === undefined ? undefined : { display: row.appy_doc_name })),
    ),
    bodySite: [{ text: from.text('exam_part') }],
  }),
})

export interface ExamSpecimenRow extends Site {
  rpotc_no?: string
  sapl_date?: string
  cma_date?: string
  spcm_no?: string
  spcm_name?: string
  vali_flag?: string
}

export const examSpecimenKey = (scope: string, row: { rpotc_no?: string; spcm_no?: string }): ResourceKey | undefined =>
  row.spcm_no !== undefined
    ? keys.specimen(scope, row.spcm_no)
    : row.rpotc_no === undefined
      ? undefined
      : keys.specimenOfExam(scope, row.rpotc_no)

export const examSpecimen = mapping<ExamSpecimenRow, Specimen>({
  source: 'miis/4501/sampleinfo',
  to: 'Specimen',
  id: (row, run) => examSpecimenKey(run.scope, row as ExamSpecimenRow),
  organization: 'fixmedins_code',
  withdrawn: (row) => row.vali_flag === '0',
  rules: (from) => ({
    identifier: [from.identifier((scope) => localSystem(scope, 'specimen-no'), 'spcm_no')],
    type: from.coded('specimen', 'spcm_name', 'spcm_name', { system: (scope) => localCodes(scope, 'specimen') }),
    subject: from.patient(),
    receivedTime: from.dateTime('cma_date'),
    collection: { collectedDateTime: from.dateTime('sapl_date') },
  }),
})

export interface ImageRow extends Site {
  mdtrt_sn?: string
  mdtrt_id?: string
  appy_no?: string
  rpotc_no?: string
  study_uid?: string
  patient_id?: string
  acession_no?: string
  study_time?: string
  modality?: string
  series_count?: string
  image_count?: string
  exam_rpotc_name?: string
  vali_flag?: string
}

/** DICOM CID 29, with the words that equipment lists use instead. */
const MODALITIES: Record<string, string> = table({ DR: 'DX', MRI: 'MR', PET: 'PT', DSA: 'XA' })
const DICOM = new Set(['CR', 'CT', 'DX', 'ES', 'MG', 'MR', 'NM', 'PT', 'RF', 'RG', 'US', 'XA'])
const UID = /^[0-2](?:\.(?:0|[1-9]\d*))+$/
const UID_CHARACTERS_MAX = 64

/** The number of the study, when it is one by which the images can be found. */
export function studyKey(scope: string, uid: string | undefined): ResourceKey | undefined {
  if (uid === undefined || uid.length > UID_CHARACTERS_MAX || !UID.test(uid)) return undefined
  return { type: 'ImagingStudy', scope, parts: [uid] }
}

export const imagingStudy = mapping<ImageRow, ImagingStudy>({
  source: 'miis/4501/imageinfo',
  to: 'ImagingStudy',
  profile: 'cn-imagingstudy-minimal',
  id: (row, run) => studyKey(run.scope, row.study_uid),
  organization: 'fixmedins_code',
  withdrawn: (row) => row.vali_flag === '0',
  rules: (from) => ({
    identifier: [
      from.value('study_uid', (row) =>
        row.study_uid === undefined ? undefined : { system: 'urn:dicom:uid', value: `urn:oid:${row.study_uid}` },
      ),
      from.identifier((scope) => localSystem(scope, 'accession-no'), 'acession_no'),
    ],
    status: 'available',
    modality: [
      from.value('modality', (row, run) => {
        if (row.modality === undefined) return undefined
        const code = MODALITIES[row.modality.toUpperCase()] ?? row.modality.toUpperCase()
        if (DICOM.has(code)) return { system: 'http://dicom.nema.org/resources/ontology/DCM', code }
        return { system: localCodes(run.scope, 'exam-type'), code: row.modality }
      }),
    ],
    subject: from.patient(),
    encounter: from.encounter('mdtrt_sn').or(visit<ImageRow>('mdtrt_id')),
    started: from.dateTime('study_time'),
    basedOn: [from.referenceTo('appy_no', (row, run) => (row.appy_no === undefined ? undefined : keys.request(run.scope, row.appy_no)))],
    numberOfSeries: from.integer('series_count'),
    numberOfInstances: from.integer('image_count'),
    description: from.text('exam_rpotc_name'),
  }),
})

export interface PathologyRow extends Site {
  mdtrt_sn?: string
  mdtrt_id?: string
  palg_no?: string
  frozen_no?: string
  cma_date?: string
  /** 4505 spells it rpot_date */
  rpot_date?: string
  cma_matl?: string
  clnc_dise?: string
  exam_fnd?: string
  sabc?: string
  palg_diag?: string
  rpot_doc?: string
  vali_flag?: string
}

export const pathologyReport = mapping<PathologyRow, DiagnosticReport>({
  source: 'miis/4505/data',
  to: 'DiagnosticReport',
  profile: 'cn-diagnosticreport-pathology',
  id: (row, run) => (row.palg_no === undefined ? undefined : keys.examReport(run.scope, row.palg_no)),
  organization: 'fixmedins_code',
  withdrawn: (row) => row.vali_flag === '0',
  rules: (from) => ({
    identifier: [
      from.identifier((scope) => localSystem(scope, 'pathology-no'), 'palg_no'),
      from.identifier((scope) => localSystem(scope, 'frozen-section-no'), 'frozen_no'),
    ],
    status: 'final',
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', ...CATEGORY.pathology }] }],
    code: { text: '病理检查' },
    subject: from.patient(),
    encounter: from.encounter('mdtrt_sn').or(visit<PathologyRow>('mdtrt_id')),
    effectiveDateTime: from.dateTime('cma_date').or(from.dateTime('rpot_date')),
    issued: from.instant('rpot_date'),
    resultsInterpreter: [from.value('rpot_doc', (row) => (row.rpot_doc === undefined ? undefined : { display: row.rpot_doc }))],
    specimen: [
      from.referenceTo('palg_no', (row, run) => (row.palg_no === undefined ? undefined : keys.specimenOfExam(run.scope, row.palg_no))),
    ],
    conclusion: from.prose('palg_diag'),
    presentedForm: [
      from.value(['clnc_dise', 'cma_matl', 'exam_fnd', 'sabc', 'palg_diag'], (row) =>
        reportText(
          [
            { title: '临床诊断', text: row.clnc_dise },
            { title: '送检材料', text: row.cma_matl },
            { title: '检查所见', text: row.exam_fnd },
            { title: '免疫组化', text: row.sabc },
            { title: '病理诊断', text: row.palg_diag },
          ],
          '病理检查报告',
        ),
      ),
    ],
  }),
})

/** What a pathologist saw was taken from the body, even though the interface has no number for it: the profile demands one. */
export const pathologySpecimen = mapping<PathologyRow, Specimen>({
  source: 'miis/4505/data',
  to: 'Specimen',
  id: (row, run) => (row.palg_no === undefined ? undefined : keys.specimenOfExam(run.scope, row.palg_no)),
  organization: 'fixmedins_code',
  withdrawn: (row) => row.vali_flag === '0',
  rules: (from) => ({
    type: { text: from.text('cma_matl').default('病理标本') },
    subject: from.patient(),
    receivedTime: from.dateTime('cma_date'),
  }),
})
