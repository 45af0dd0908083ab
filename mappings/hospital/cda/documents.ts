/**
 * The 53 shared documents of WS/T 500-2016: what each is written about, as far as it decides what comes of its elements. Data, not code: a new
 * document is a line here, and elements that no document had before are lines in elements.ts.
 */
import type { ProfileName } from '../../engine/names.ts'
import { table } from '../../engine/values/table.ts'

export type VisitClass = 'IMP' | 'AMB' | 'OBSENC'

export interface DocumentKind {
  title: string
  /** of the Composition */
  profile: ProfileName
  /** class of the visit, where the document is written for one class alone */
  class?: VisitClass
  /** the document tells of a visit that has ended; every other only mentions its visit */
  visit?: 'discharged' | 'outpatient' | 'observation'
  /** the patient died in the stay */
  died?: true
  /** the one act that the document is about: its name where no other is given, and the elements of its times */
  act?: { word: string; begin?: string; end?: string }
  /** operations are still to come */
  planned?: true
  /** what the document says of drugs: prescribed, told of, else given */
  drugs?: 'prescribed' | 'told'
  prescription?: 'outpatient' | 'tcm'
  /** acts of giving are of materials */
  devices?: true
  report?: 'laboratory' | 'examination'
  /** a consent to a treatment */
  consent?: true
  bill?: true
  /** the patient is the mother, the child is spoken of beside her */
  ofMother?: true
  /** types that may be entries of a section, by the profile of the Composition */
  entries?: Readonly<Record<string, readonly string[]>>
  /** a second code for a section whose own says less than it holds */
  also?: Readonly<Record<string, string>>
}

const plain = (title: string, more: Partial<DocumentKind> = {}): DocumentKind => ({ title, profile: 'cn-composition', ...more })
/** Written in a stay. */
const inpatient = (title: string, more: Partial<DocumentKind> = {}): DocumentKind => plain(title, { class: 'IMP', ...more })
/** Written when a stay has ended. */
const atDischarge = (title: string, more: Partial<DocumentKind> = {}): DocumentKind => inpatient(title, { visit: 'discharged', ...more })
const consent = (title: string, profile: ProfileName, more: Partial<DocumentKind> = {}): DocumentKind =>
  plain(title, { profile, consent: true, planned: true, ...more })

const HOME_PAGE: Partial<DocumentKind> = {
  profile: 'cn-composition-homepage',
  bill: true,
  entries: {
    '11535-2': ['Condition'],
    '47519-4': ['Procedure'],
    '48768-6': ['Account', 'ChargeItem', 'Claim', 'Coverage', 'ExplanationOfBenefit'],
  },
}
const VITAL_SIGNS = ['Observation', 'List']

export const DOCUMENTS: Readonly<Record<string, DocumentKind>> = table({
  C0001: plain('病历概要', { visit: 'discharged', drugs: 'told' }),
  C0002: plain('门(急)诊病历', { profile: 'cn-composition-outpatient', class: 'AMB', visit: 'outpatient' }),
  C0003: plain('急诊留观病历', { class: 'OBSENC', visit: 'observation' }),
  C0004: plain('西药处方', { drugs: 'prescribed', prescription: 'outpatient' }),
  C0005: plain('中药处方', { drugs: 'prescribed', prescription: 'tcm' }),
  C0006: plain('检查报告', { report: 'examination' }),
  C0007: plain('检验报告', { report: 'laboratory' }),
  C0008: plain('治疗记录'),
  C0009: plain('一般手术记录'),
  C0010: plain('麻醉术前访视记录', { planned: true }),
  C0011: plain('麻醉记录', { act: { word: '麻醉' } }),
  C0012: plain('麻醉术后访视记录', { act: { word: '麻醉' } }),
  C0013: plain('输血记录', { act: { word: '输血' } }),
  C0014: inpatient('待产记录', { ofMother: true }),
  C0015: inpatient('阴道分娩记录', { ofMother: true, act: { word: '阴道分娩', begin: 'DE06.00.224.00', end: 'DE02.01.014.00' } }),
  C0016: inpatient('剖宫产记录', { ofMother: true, act: { word: '剖宫产' } }),
  C0017: inpatient('一般护理记录'),
  C0018: inpatient('病重(病危)护理记录'),
  C0019: inpatient('手术护理记录'),
  C0020: inpatient('生命体征测量记录', { profile: 'cn-composition-vitalsigns', entries: { '8716-3': VITAL_SIGNS } }),
  C0021: inpatient('出入量记录'),
  C0022: plain('高值耗材使用记录', { devices: true }),
  C0023: inpatient('入院评估'),
  C0024: inpatient('护理计划'),
  C0025: inpatient('出院评估与指导'),
  C0026: consent('手术知情告知书', 'cn-composition-consent-surgery'),
  C0027: consent('麻醉知情同意书', 'cn-composition-consent-anaesthesia', { act: { word: '麻醉' } }),
  C0028: consent('输血治疗同意书', 'cn-composition-consent-transfusion', { act: { word: '输血' } }),
  C0029: consent('特殊检查及特殊治疗同意书', 'cn-composition-consent-examination'),
  C0030: plain('病危(重)通知书', { profile: 'cn-composition-critical-notice' }),
  C0031: consent('其他知情同意书', 'cn-composition-consent-other'),
  C0032: atDischarge('住院病案首页', HOME_PAGE),
  C0033: atDischarge('中医住院病案首页', HOME_PAGE),
  C0034: inpatient('入院记录', { profile: 'cn-composition-admission', entries: { '10157-6': ['FamilyMemberHistory'] } }),
  C0035: atDischarge('24小时内入出院记录'),
  C0036: atDischarge('24小时内入院死亡记录', { died: true }),
  C0037: inpatient('首次病程记录', { profile: 'cn-composition-firstcourse' }),
  // The course stands in the section of problems; the profile asks for the code of a hospital course.
  C0038: inpatient('日常病程记录', { profile: 'cn-composition-dailycourse', also: { '11450-4': '8648-8' } }),
  C0039: inpatient('上级医师查房记录'),
  C0040: inpatient('疑难病例讨论记录'),
  C0041: inpatient('交接班记录'),
  C0042: inpatient('转科记录'),
  C0043: inpatient('阶段小结'),
  C0044: plain('抢救记录', { act: { word: '抢救' } }),
  C0045: plain('会诊记录'),
  C0046: inpatient('术前小结', { planned: true }),
  C0047: inpatient('术前讨论', { planned: true }),
  C0048: inpatient('术后首次病程记录'),
  C0049: atDischarge('出院记录', { profile: 'cn-composition-discharge' }),
  C0050: atDischarge('死亡记录', { died: true }),
  C0051: inpatient('死亡病例讨论记录'),
  C0052: inpatient('住院医嘱', {
    profile: 'cn-composition-orders',
    entries: { '46209-3': ['MedicationRequest', 'ServiceRequest'], '8716-3': VITAL_SIGNS },
  }),
  C0053: atDischarge('出院小结'),
})
