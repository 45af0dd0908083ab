/** What department a report comes from, by OBR-24 (HL7 table 0074): its profile, its words, and by which numbers it is known. */
import { keys } from '../../engine/keys.ts'
import type { ProfileName } from '../../engine/names.ts'
import { localCodes } from '../../engine/systems.ts'
import type { ResourceKey } from '../../engine/types.ts'

export type ReportKind = 'laboratory' | 'imaging' | 'pathology' | 'other'

/** HL7 table 0074. Hospitals send sections of their own as well, and modalities that it has not. */
const SECTIONS = new Set(
  'AU BG BLB CG CH CP CT CTH CUS EC EN GE HM ICU IMM LAB MB MCB MYC NMR NMS NRS OSL OT OTH OUS PAT PF PHR PHY PT RAD RC RT RUS RX SP SR TX VR VUS XRC'.split(
    ' ',
  ),
)
const SECTION_SYSTEM = 'http://terminology.hl7.org/CodeSystem/v2-0074'

/** System of a section, as a hospital sends it. */
export const sectionSystem = (scope: string, section: string): string =>
  SECTIONS.has(section) ? SECTION_SYSTEM : localCodes(scope, 'diagnostic-section')

const PATHOLOGY = new Set(['SP', 'CP', 'PAT'])
const IMAGING = new Set(['RAD', 'RUS', 'CT', 'NMR', 'MR', 'NMS', 'XRC', 'VUS', 'OUS', 'RX', 'US', 'DX', 'CR', 'DR'])
/** Cardiology, endoscopy, neurology and the like. */
const OTHER = new Set(['VR', 'CUS', 'EC', 'EN', 'CTH', 'ES', 'PF', 'OTH', 'PHY'])

/** Laboratories have many sections, and send none most often. */
export function kindOf(section: string | undefined): ReportKind {
  if (section === undefined) return 'laboratory'
  if (PATHOLOGY.has(section)) return 'pathology'
  if (IMAGING.has(section)) return 'imaging'
  return OTHER.has(section) ? 'other' : 'laboratory'
}

export const isLaboratory = (section: string | undefined): boolean => kindOf(section) === 'laboratory'

interface Kind {
  profile: ProfileName
  /** of v2-0074 */
  category: { code: string; display: string }
  /** of its results, observation-category */
  results: { code: string; display: string }
  /** where the examination has no name */
  word: string
  /** kind of the system of its numbers: a laboratory and the other departments count for themselves */
  numbers: 'lab-report-no' | 'exam-report-no'
  items: 'lab-item' | 'exam-item'
  /** kind of the system of what is ordered and reported as a whole */
  ordered: 'lab-panel' | 'exam-item'
}

export const KINDS: Readonly<Record<ReportKind, Kind>> = {
  laboratory: {
    profile: 'cn-diagnosticreport-lab-minimal',
    category: { code: 'LAB', display: 'Laboratory' },
    results: { code: 'laboratory', display: 'Laboratory' },
    word: '检验报告',
    numbers: 'lab-report-no',
    items: 'lab-item',
    ordered: 'lab-panel',
  },
  imaging: {
    profile: 'cn-diagnosticreport-imaging',
    category: { code: 'RAD', display: 'Radiology' },
    results: { code: 'imaging', display: 'Imaging' },
    word: '影像检查报告',
    numbers: 'exam-report-no',
    items: 'exam-item',
    ordered: 'exam-item',
  },
  pathology: {
    profile: 'cn-diagnosticreport-pathology',
    category: { code: 'PAT', display: 'Pathology (gross & histopath, not surgical)' },
    results: { code: 'exam', display: 'Exam' },
    word: '病理报告',
    numbers: 'exam-report-no',
    items: 'exam-item',
    ordered: 'exam-item',
  },
  other: {
    profile: 'cn-diagnosticreport-other',
    category: { code: 'OTH', display: 'Other' },
    results: { code: 'exam', display: 'Exam' },
    word: '检查报告',
    numbers: 'exam-report-no',
    items: 'exam-item',
    ordered: 'exam-item',
  },
}

/** One mapping of each kind. */
export const perKind = <T>(make: (kind: ReportKind) => T): Readonly<Record<ReportKind, T>> => ({
  laboratory: make('laboratory'),
  imaging: make('imaging'),
  pathology: make('pathology'),
  other: make('other'),
})

export const reportKeyOf = (kind: ReportKind, scope: string, reportNo: string): ResourceKey =>
  kind === 'laboratory' ? keys.report(scope, reportNo) : keys.examReport(scope, reportNo)

export const resultKeyOf = (kind: ReportKind, scope: string, reportNo: string, item: string): ResourceKey =>
  kind === 'laboratory' ? keys.result(scope, reportNo, item) : keys.examResult(scope, reportNo, item)

/** @param nth of several that the report has without a number, from the second on */
export const specimenKeyOf = (kind: ReportKind, scope: string, reportNo: string, nth?: string): ResourceKey =>
  kind === 'laboratory' ? keys.specimenOfReport(scope, reportNo, nth) : keys.specimenOfExam(scope, reportNo, nth)
