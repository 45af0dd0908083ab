/** 4501, report of an examination: DiagnosticReport of its kind, its images, specimens and request; 4505, report of pathology. */
import { list, listOf, node, text } from '../envelope.ts'
import {
  type ExamRow,
  type ExamSpecimenRow,
  examReports,
  examRequest,
  examSpecimen,
  examSpecimenKey,
  type ImageRow,
  imagingStudy,
  type PathologyRow,
  pathologyReport,
  pathologySpecimen,
  studyKey,
} from '../exam-report.ts'
import { personOf } from '../persons.ts'
import { addPerson, naming, type Transaction, withSite } from '../transaction.ts'

const PATH = 'input.examinfo'
/** Facts of the report that hold for its images and specimens. */
const SHARED = ['mdtrt_sn', 'mdtrt_id', 'appy_no', 'rpotc_no', 'exam_rpotc_name', 'cma_date', 'sapl_date', 'vali_flag']

export const examinationReport: Transaction = {
  infno: '4501',
  fill: (input) => {
    const { request, record, context, requestedAt: statedAt } = input
    const info = node(request, 'input', 'examinfo')
    const at = naming(info, PATH)
    addPerson(input, personOf(info), info, PATH, statedAt)
    record.noteRead(...['vali_flag', 'mdtrt_id', 'psn_no', 'cma_date', 'sapl_date', 'spcm_no', 'spcm_name'].map(at))
    const scope = context.organization(text(request, 'fixmedins_code'))
    const facts = Object.fromEntries(
      SHARED.flatMap((field) => {
        const value = text(info, field)
        return value === undefined ? [] : [[field, value]]
      }),
    )
    const images = listOf(request, 'input', 'imageinfo')
    const studies = images.flatMap(({ node: image, path }) => {
      const named = naming(image, path, [info, PATH])
      record.offer(image, named)
      // The person's name stands in the images, too; the archive's own address of them is nobody else's.
      record.noteRead(...['rpotc_no', 'patient_name', 'patient_id', 'study_uid'].map(named))
      const key = studyKey(scope, text(image, 'study_uid'))
      if (key) record.run(imagingStudy, { ...facts, ...withSite<ImageRow>(image, request) }, { statedAt, at: named, offer: false })
      else record.issue({ severity: 'warning', code: 'mapping-value-unknown', at: named('study_uid') })
      return key ? [key] : []
    })
    const own = text(info, 'spcm_no') === undefined && text(info, 'spcm_name') === undefined ? [] : [{ node: info, path: PATH }]
    const samples = listOf(request, 'input', 'sampleinfo')
    const specimens = (samples.length > 0 ? samples : own).flatMap(({ node: sample, path }) => {
      const row: ExamSpecimenRow = { ...facts, ...withSite<ExamSpecimenRow>(sample, request) }
      record.run(examSpecimen, row, { statedAt, at: naming(sample, path, [info, PATH]), ...(sample === info && { offer: false as const }) })
      record.noteRead(`${path}.rpotc_no`, `${path}.appy_no`)
      return examSpecimenKey(scope, row) ?? []
    })
    const items = list(request, 'input', 'iteminfo')
    const [item] = items
    const row: ExamRow = {
      ...(item && { ...pick(item, 'exam_item_code'), ...pick(item, 'exam_item_name') }),
      ...withSite<ExamRow>(info, request),
      specimens,
      studies,
    }
    for (const map of examReports) record.run(map, row, { statedAt, at })
    record.run(examRequest, row, { statedAt, at })
    record.noteRead(
      ...items.flatMap((_, index) =>
        ['rpotc_no', 'appy_no', 'exam_item_code', 'exam_item_name'].map((field) => `input.iteminfo[${index}].${field}`),
      ),
    )
  },
}

const pick = (holder: Parameters<typeof text>[0], field: string): Record<string, string> => {
  const value = text(holder, field)
  return value === undefined ? {} : { [field]: value }
}

export const pathologyTransaction: Transaction = {
  infno: '4505',
  long: ['data'],
  *fill(input) {
    const { request, record, requestedAt: statedAt } = input
    const [first] = list(request, 'input', 'data')
    for (const [index, { node: info, path }] of listOf(request, 'input', 'data').entries()) {
      yield
      const at = naming(info, path)
      if (index === 0) addPerson(input, personOf(info), info, path, statedAt)
      else if (text(info, 'psn_no') !== text(first, 'psn_no')) {
        record.issue({ severity: 'error', code: 'mapping-conflict', at: at('psn_no') })
        continue
      }
      const row = withSite<PathologyRow>(info, request)
      record.noteRead(at('psn_no'), at('mdtrt_id'))
      record.run(pathologyReport, row, { statedAt, at })
      record.run(pathologySpecimen, row, { statedAt, at })
    }
  },
}
