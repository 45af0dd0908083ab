/** Numbers of persons, visits and institutions: who gives them, under which system, and whether that could be checked. */
import { BASE, NATIONAL } from '../../fhir/canonical.ts'

export interface IdentifierText {
  zh: string
  en: string
  system: string
  /** OID in the templates of the shared documents, where our system is another one */
  oid?: string
  /** `template`: as the templates of the 53 shared documents have it; `ours`: named by this guide; `hl7`: of a standard of its own */
  known: 'template' | 'ours' | 'hl7'
}

const hospital = (kind: string): string => `${BASE}/sid/{机构}/${kind}`

export const IDENTIFIERS: readonly IdentifierText[] = [
  { zh: '居民身份证号', en: 'Resident identity number', system: NATIONAL.idCard, known: 'template' },
  { zh: '居民健康卡号', en: 'Resident health card number', system: NATIONAL.healthCard, known: 'template' },
  { zh: '城乡居民健康档案编号', en: 'Health record number', system: NATIONAL.ehrNo, known: 'template' },
  { zh: '医疗卫生机构代码（WS 218）', en: 'Code of a health institution', system: NATIONAL.orgCode, known: 'template' },
  { zh: '校验未通过的身份证号', en: 'Identity number that fails its check digit', system: `${BASE}/sid/id-card-unverified`, known: 'ours' },
  { zh: '医保人员编号', en: 'Number of an insured person', system: NATIONAL.psnNo, known: 'ours' },
  { zh: '定点医药机构编号', en: 'Number of a designated institution', system: NATIONAL.fixmedins, known: 'ours' },
  { zh: '医保就诊编号', en: 'Visit number of the medical insurance', system: NATIONAL.mdtrtId, known: 'ours' },
  { zh: '医保结算编号', en: 'Settlement number', system: NATIONAL.setlId, known: 'ours' },
  { zh: '医保医师编号', en: 'Practitioner number of the medical insurance', system: `${BASE}/sid/nhsa/practitioner`, known: 'ours' },
  { zh: '社会保障卡号', en: 'Social security card number', system: `${BASE}/sid/ssc-no`, known: 'ours' },
  { zh: '护照号', en: 'Passport number', system: `${BASE}/sid/passport`, known: 'ours' },
  { zh: '港澳台居民通行证号', en: 'Permit of residents of Hong Kong, Macao and Taiwan', system: `${BASE}/sid/hkmt-permit`, known: 'ours' },
  { zh: '统一社会信用代码（GB 32100）', en: 'Unified social credit code', system: `${BASE}/sid/uscc`, known: 'ours' },
  { zh: '医疗机构执业许可证登记号', en: 'Licence of an institution', system: `${BASE}/sid/miplrn`, known: 'ours' },
  { zh: '医师执业证书编号', en: 'Licence of a doctor', system: `${BASE}/sid/doctor-licence`, known: 'ours' },
  { zh: 'DICOM 检查实例 UID', en: 'DICOM study instance UID', system: 'urn:dicom:uid', known: 'hl7' },
  { zh: '门诊号', en: 'Outpatient number', system: hospital('outpatient-no'), oid: '2.16.156.10011.1.11', known: 'template' },
  { zh: '住院号', en: 'Inpatient number', system: hospital('inpatient-no'), oid: '2.16.156.10011.1.12', known: 'template' },
  { zh: '病案号', en: 'Medical record number', system: hospital('mrn'), oid: '2.16.156.10011.1.13', known: 'template' },
  { zh: '标本号', en: 'Specimen number', system: hospital('specimen-no'), oid: '2.16.156.10011.1.14', known: 'template' },
  { zh: '标本容器号', en: 'Number of a container of a specimen', system: hospital('container-no'), known: 'ours' },
  { zh: '标本接收号', en: 'Accession number of a specimen', system: hospital('accession-no'), known: 'ours' },
  { zh: '处方号', en: 'Prescription number', system: hospital('rx-no'), oid: '2.16.156.10011.1.20', known: 'template' },
  { zh: '电子申请单编号', en: 'Request number', system: hospital('request-no'), oid: '2.16.156.10011.1.24', known: 'template' },
  {
    zh: '检查报告号',
    en: 'Number of an examination report',
    system: hospital('exam-report-no'),
    oid: '2.16.156.10011.1.32',
    known: 'template',
  },
  {
    zh: '检验报告号',
    en: 'Number of a laboratory report',
    system: hospital('lab-report-no'),
    oid: '2.16.156.10011.1.33',
    known: 'template',
  },
  {
    zh: '知情同意书编号',
    en: 'Number of a consent document',
    system: hospital('consent-no'),
    oid: '2.16.156.10011.1.34',
    known: 'template',
  },
  { zh: '病理号', en: 'Pathology number', system: hospital('pathology-no'), oid: '2.16.156.10011.1.8', known: 'template' },
  { zh: '工号', en: 'Staff number', system: hospital('staff-no'), oid: '2.16.156.10011.1.4', known: 'template' },
  { zh: '文档流水号', en: 'Document number', system: hospital('document-no'), oid: '2.16.156.10011.1.1', known: 'template' },
]

/** What the standards were not at hand for. */
export const UNCHECKED: readonly (readonly [zh: string, en: string])[] = [
  [
    '2.16.156.10011 下的 OID 取自 53 种共享文档的公开模板，未与 WS/T 500、WS 364 的正式文本及国家 OID 注册核对；同一 OID 在不同模板中有时指不同的表。',
    'OIDs under 2.16.156.10011 are those of public templates of the 53 shared documents. They were not compared with the texts of WS/T 500 and WS 364 nor with the national registry; some templates use one OID for different tables.',
  ],
  [
    '切口愈合等级（…3.1.257）、护理等级（…3.1.259）的代码凭记忆录入，待核对。',
    'The codes for healing of incisions (…3.1.257) and grades of nursing (…3.1.259) are recalled and wait to be checked.',
  ],
  [
    '医保代码表取自接口说明，各省可扩展；不在表中的代码视为未知，而非错误。',
    'Tables of the medical insurance are those of its interface; provinces extend them, and a code that is not in them is unknown rather than wrong.',
  ],
  [
    '本指南的规范地址以 fhir-cn.example 为占位域名，有正式域名后须整体更换。',
    'The canonical base fhir-cn.example is a placeholder that is replaced as a whole once there is a domain.',
  ],
]
