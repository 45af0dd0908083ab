/** TB_IH_DIAGNOSIS_DETAIL, one row per diagnosis of a visit, to cn-condition; the visit lists it. */
import type { Condition } from '@medplum/fhirtypes'
import { codeSystem, localSystem, structureDefinition } from '../../../server/fhir/canonical.ts'
import type { FhirCoding } from '../../../server/fhir/types.ts'
import { diagnosisKey, encounterKey, referTo } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import { encounterMention } from '../../engine/mention.ts'
import type { RecordBuilder } from '../../engine/record.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import { CLINICAL_EDITION, ENCOUNTER_DIAGNOSIS, localCodes, TABLES } from '../../engine/systems.ts'
import type { MappedResource, MappingContext, ResourceKey } from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { readTcmDiagnosis } from '../../engine/values/tcm-diagnosis.ts'
import { scopeOf, weak } from './identity.ts'
import { apply, type Table, type Values } from './table.ts'
import { table } from '../../engine/values/table.ts'

type Column = 'YLJGYQDM' | 'ZYZDLSH' | 'JZLSH' | 'ZDLXQF' | 'ZDLB' | 'ZDSJ' | 'ZDBM' | 'ZDSM' | 'YZDBZ' | 'CYQKBM' | 'RYBQ' | 'XGBZ'
type DiagnosisRow = { [K in Column]?: string }

const ICD10_SHAPE = /^[A-Z]\d{2}(?:[.xX]|$)/

/** 入院病情代码 */
const ADMISSION_CONDITION = 'urn:oid:2.16.156.10011.2.3.1.253'
const TCM_DISEASE: FhirCoding = { system: codeSystem('cn-condition-category'), code: 'tcm-disease', display: '中医病名' }
const TCM_SYNDROME: FhirCoding = { system: codeSystem('cn-condition-category'), code: 'tcm-syndrome', display: '中医证候' }
const [ENCOUNTER = { coding: [] as FhirCoding[] }] = ENCOUNTER_DIAGNOSIS

const isTcm = (row: RowView<DiagnosisRow>): boolean => row.ZDLXQF === '2'

/** The category of R4, the platform's own kind of diagnosis beside it. */
function category(row: RowView<DiagnosisRow>) {
  const kind = row.ZDLB === undefined ? [] : [{ system: codeSystem('rhip-diagnosis-category'), code: row.ZDLB }]
  return [{ coding: [...(isTcm(row) ? [TCM_DISEASE] : ENCOUNTER.coding), ...kind] }]
}

/** Western diagnoses in the clinical edition of ICD-10, Chinese ones by GB/T 15657; what has neither shape is the hospital's own. */
function code(row: RowView<DiagnosisRow>, run: Run) {
  const { ZDBM: sent, ZDSM: name } = row
  const disease = isTcm(row) && name !== undefined ? (readTcmDiagnosis(name)?.disease ?? name) : name
  if (sent === undefined) {
    if (name === undefined) return undefined
    run.unmapped({ map: isTcm(row) ? 'tcm' : 'diagnosis', system: localCodes(run.scope, 'diagnosis'), code: name, display: name })
    return { text: name }
  }
  const display = disease !== undefined && { display: disease }
  const text = name !== undefined && { text: name }
  if (isTcm(row)) return { coding: [{ system: TABLES.tcm, code: sent, ...display }], ...text }
  if (ICD10_SHAPE.test(sent)) return { coding: [{ system: TABLES.icd10, version: CLINICAL_EDITION, code: sent, ...display }], ...text }
  const own = { system: localCodes(run.scope, 'diagnosis'), code: sent, ...display }
  run.unmapped({ map: 'diagnosis', ...own })
  return { coding: [own], text: name ?? sent }
}

const VER_STATUS = 'http://terminology.hl7.org/CodeSystem/condition-ver-status'
const CLINICAL = 'http://terminology.hl7.org/CodeSystem/condition-clinical'

/** CYQKBM: how the disease stood when the patient left. */
const OUTCOME: Record<string, string> = table({ '1': '治愈', '2': '好转', '3': '未愈', '4': '死亡', '5': '其它' })

export const diagnosis = mapping<DiagnosisRow, Condition>({
  source: 'rhip/TB_IH_DIAGNOSIS_DETAIL',
  to: 'Condition',
  profile: 'cn-condition',
  id: diagnosisKey('JZLSH', 'ZDBM', 'ZDSM'),
  organization: 'YLJGYQDM',
  withdrawn: (row) => row.XGBZ === '2',
  rules: (from) => ({
    extension: [
      {
        url: structureDefinition('cn-admission-condition'),
        valueCoding: { system: ADMISSION_CONDITION, code: from.choice('RYBQ', { '1': '1', '2': '2', '3': '3', '4': '4' }) },
      },
    ],
    identifier: [from.identifier((scope) => localSystem(scope, 'diagnosis-no'), 'ZYZDLSH')],
    clinicalStatus: from.value('CYQKBM', (row) =>
      row.CYQKBM === '1' && row.YZDBZ !== '1' ? { coding: [{ system: CLINICAL, code: 'resolved' }] } : undefined,
    ),
    verificationStatus: from.value('YZDBZ', (row) =>
      row.YZDBZ === '1' ? { coding: [{ system: VER_STATUS, code: 'provisional' }] } : undefined,
    ),
    category: from.value(['ZDLXQF', 'ZDLB'], category),
    code: from.value(['ZDBM', 'ZDSM'], code).required(),
    subject: from.patient(),
    encounter: from.referenceTo('JZLSH', encounterKey('JZLSH')).required(),
    recordedDate: from.dateTime('ZDSJ'),
    note: [
      { text: from.choice('CYQKBM', OUTCOME).as((text) => `出院情况：${text}`) },
      {
        text: from.value('ZDSM', (row) => {
          const method = isTcm(row) && row.ZDSM !== undefined ? readTcmDiagnosis(row.ZDSM)?.method : undefined
          return method === undefined ? undefined : `治法：${method}`
        }),
      },
    ],
  }),
})

/** A syndrome that stands in the name of its disease (formats.md D29): a name without a code. */
type SyndromeRow = Pick<DiagnosisRow, 'YLJGYQDM' | 'JZLSH' | 'ZDSJ' | 'XGBZ'> & { syndrome?: string }

export const syndrome = mapping<SyndromeRow, Condition>({
  source: 'rhip/TB_IH_DIAGNOSIS_DETAIL/syndrome',
  to: 'Condition',
  profile: 'cn-condition',
  id: diagnosisKey('JZLSH', 'syndrome', 'syndrome'),
  organization: 'YLJGYQDM',
  withdrawn: (row) => row.XGBZ === '2',
  rules: (from) => ({
    category: [{ coding: [TCM_SYNDROME] }],
    code: from
      .value('syndrome', (row, run) => {
        if (row.syndrome === undefined) return undefined
        run.unmapped({ map: 'tcm', system: TABLES.tcm, code: row.syndrome, display: row.syndrome })
        return { text: row.syndrome }
      })
      .required(),
    subject: from.patient(),
    encounter: from.referenceTo('JZLSH', encounterKey('JZLSH')).required(),
    recordedDate: from.dateTime('ZDSJ'),
  }),
})

const DISCHARGE_DIAGNOSIS = {
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/diagnosis-role', code: 'DD', display: 'Discharge diagnosis' }],
}

/** The visit with this diagnosis in its list; every other element yields to the visit's own row whenever that arrives. */
function visitOf(row: Values, visitNo: string, condition: ResourceKey, context: MappingContext): MappedResource {
  const kind = filled(row.MZZYBZ)
  const visit = encounterMention(
    scopeOf(row, context),
    visitNo,
    kind === undefined ? undefined : context.translate('rhip-visit-kind', kind),
  )
  const isMain = filled(row.CYZDBZ) === '1'
  const entry = { condition: referTo(condition, filled(row.ZDSM)), ...(isMain && { use: DISCHARGE_DIAGNOSIS, rank: 1 }) }
  return { ...visit, resource: { ...visit.resource, diagnosis: [entry] } }
}

function addSyndromes(record: RecordBuilder, row: Values, statedAt: string): void {
  if (filled(row.ZDLXQF) !== '2' || row.ZDSM === undefined) return
  const { YLJGYQDM, JZLSH, ZDSJ, XGBZ } = row
  for (const name of readTcmDiagnosis(row.ZDSM)?.syndromes ?? []) {
    apply(record, syndrome, { ...defined({ YLJGYQDM, JZLSH, ZDSJ, XGBZ }), syndrome: name }, statedAt)
  }
}

const defined = (row: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(row).filter((entry): entry is [string, string] => entry[1] !== undefined))

export const DIAGNOSES: Table = {
  key: ['YLJGYQDM', 'ZYZDLSH'],
  stated: [],
  fill: (record, row, statedAt) => {
    record.patient = { local: weak('VISIT', row.JZLSH, row, record.context) }
    record.noteRead('CYZDBZ', 'MZZYBZ')
    const key = apply(record, diagnosis, row, statedAt)?.key
    addSyndromes(record, row, statedAt)
    const visitNo = filled(row.JZLSH)
    if (key === undefined || key === 'patient' || visitNo === undefined || row.XGBZ === '2') return
    record.add(visitOf(row, visitNo, key, record.context))
  },
}
