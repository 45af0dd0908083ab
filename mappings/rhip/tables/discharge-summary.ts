/** TB_CIS_LEAVEHOSPITAL_SUMMARY, one row per stay, to the discharge record C0049 and what it says of the stay. */
import type { Composition, Encounter } from '@medplum/fhirtypes'
import { localSystem } from '../../../server/fhir/canonical.ts'
import { encounterKey, keys, referTo } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import { bedMention } from '../../engine/mention.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import { TABLES } from '../../engine/systems.ts'
import type { ResourceKey } from '../../engine/types.ts'
import { escapeXhtml, plainText } from '../../engine/values/text.ts'
import { patientOfReport } from './identity.ts'
import { apply, flagOrder, type Table } from './table.ts'
import { INPATIENT, STAY, stayStatus } from './visit.ts'
import { table } from '../../engine/values/table.ts'

type Column =
  | 'YLJGYQDM'
  | 'JZLSH'
  | 'KS'
  | 'BQ'
  | 'BAH'
  | 'CH'
  | 'RYSJ'
  | 'CYSJ'
  | 'ZYTS'
  | 'MZZD'
  | 'RYZD'
  | 'CYZD'
  | 'RYZZTZ'
  | 'JCHZ'
  | 'ZLGC'
  | 'HBZ'
  | 'CYQK'
  | 'CYQKMS'
  | 'CYYZ'
  | 'ZZYSRYXM'
  | 'ZYYSYHRYXM'
  | 'ZLJGSM'
  | 'XGBZ'
type SummaryRow = { [K in Column]?: string }

/** Sections of C0049 by their LOINC codes (WS/T 500), each with the columns that it holds and their titles. */
const SECTIONS: readonly { code: string; title: string; columns: readonly [Column, string][] }[] = [
  {
    code: '11450-4',
    title: '入院情况',
    columns: [
      ['MZZD', '门诊诊断'],
      ['RYZD', '入院诊断'],
      ['RYZZTZ', '入院时主要症状及体征'],
    ],
  },
  { code: '30954-2', title: '辅助检查', columns: [['JCHZ', '实验室检查及主要会诊']] },
  {
    code: '8648-8',
    title: '诊疗过程',
    columns: [
      ['ZLGC', '诊疗过程'],
      ['ZLJGSM', '治疗结果'],
    ],
  },
  {
    code: '11535-2',
    title: '出院诊断',
    columns: [
      ['CYZD', '出院诊断'],
      ['HBZ', '合并症'],
      ['CYQK', '出院情况'],
      ['CYQKMS', '出院情况描述'],
    ],
  },
  { code: '46209-3', title: '出院医嘱', columns: [['CYYZ', '出院医嘱']] },
]

/** CYQK */
const OUTCOME: Record<string, string> = table({ '1': '治愈', '2': '好转', '3': '未愈', '4': '死亡', '5': '其它' })

const shown = (row: RowView<SummaryRow>, column: Column): string | undefined => {
  const sent = row[column]
  return column === 'CYQK' && sent !== undefined ? (OUTCOME[sent] ?? sent) : sent
}

function sections(row: RowView<SummaryRow>) {
  const made = SECTIONS.flatMap(({ code, title, columns }) => {
    const lines = columns.flatMap(([column, name]) => {
      const text = shown(row, column)
      return text === undefined ? [] : [`<p>${escapeXhtml(`${name}：${plainText(text)}`).replaceAll('\n', '<br/>')}</p>`]
    })
    if (lines.length === 0) return []
    const div = `<div xmlns="http://www.w3.org/1999/xhtml">${lines.join('')}</div>`
    return [{ title, code: { coding: [{ system: 'http://loinc.org', code }] }, text: { status: 'generated' as const, div } }]
  })
  return made.length > 0 ? made : undefined
}

/** The number of a document is that of its stay: a stay has one discharge record. */
const documentKey = (row: RowView<SummaryRow>, run: Run): ResourceKey | undefined =>
  row.JZLSH === undefined ? undefined : keys.composition(run.scope, `C0049.${row.JZLSH}`)

export const dischargeSummary = mapping<SummaryRow, Composition>({
  source: 'rhip/TB_CIS_LEAVEHOSPITAL_SUMMARY',
  to: 'Composition',
  profile: 'cn-composition-discharge',
  id: documentKey,
  organization: 'YLJGYQDM',
  // A row without any of its texts, as of a stay that goes on, is no document.
  when: (row) => row.XGBZ === '2' || sections(row) !== undefined,
  withdrawn: (row) => row.XGBZ === '2',
  rules: (from) => ({
    identifier: from.value('JZLSH', (row, run) =>
      row.JZLSH === undefined ? undefined : { system: localSystem(run.scope, 'discharge-summary-no'), value: row.JZLSH },
    ),
    status: 'final',
    type: { coding: [{ system: TABLES.documentType, code: 'C0049', display: '出院记录' }] },
    title: '出院小结',
    subject: from.patient(),
    encounter: from.encounter('JZLSH'),
    date: from.dateTime('CYSJ').or(from.dateTime('RYSJ')).required(),
    author: from.value(['ZYYSYHRYXM', 'ZZYSRYXM'], (row, run) => {
      const names = [...new Set([row.ZYYSYHRYXM, row.ZZYSRYXM])].flatMap((display) => (display === undefined ? [] : [{ display }]))
      return names.length > 0 ? names : [referTo(keys.organization(run.scope))]
    }),
    custodian: from.organization(),
    section: from.value(
      SECTIONS.flatMap(({ columns }) => columns.map(([column]) => column)),
      (row) => sections(row) as never,
    ),
  }),
})

const DIED = { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.1.265', code: '5', display: '死亡' }] }

export const dischargedStay = mapping<SummaryRow, Encounter>({
  source: 'rhip/TB_CIS_LEAVEHOSPITAL_SUMMARY',
  to: 'Encounter',
  profile: 'cn-encounter',
  id: encounterKey('JZLSH'),
  organization: 'YLJGYQDM',
  // The summary is void, not the stay.
  when: (row) => row.XGBZ !== '2',
  rules: (from) => ({
    identifier: [
      from.identifier((scope) => localSystem(scope, 'visit-no'), 'JZLSH'),
      from.identifier((scope) => localSystem(scope, 'mrn'), 'BAH', 'MRN'),
    ],
    status: from.value('CYSJ', (_row, run) => stayStatus(run, 'CYSJ')),
    class: INPATIENT,
    subject: from.patient(),
    period: { start: from.dateTime('RYSJ'), end: from.dateTime('CYSJ') },
    length: from.quantity('ZYTS', undefined, { unit: '天', system: 'http://unitsofmeasure.org', code: 'd' }),
    serviceType: from.localConcept('department', 'KS'),
    location: from.value(['CH', 'BQ', 'KS'], (row, run) => {
      const ward = row.BQ ?? row.KS
      if (row.CH === undefined || ward === undefined) return undefined
      const bed = bedMention(run.scope, ward, row.CH, `${ward} ${row.CH} 床`)
      run.mention(bed)
      return [{ location: referTo(bed.key as ResourceKey) }]
    }),
    // Of the ways to leave, the table says only death: by its code, or as the whole of the orders.
    hospitalization: {
      dischargeDisposition: from.value(['CYQK', 'CYYZ'], (row) => (row.CYQK === '4' || row.CYYZ?.trim() === '死亡' ? DIED : undefined)),
    },
    serviceProvider: from.organization(),
  }),
})

export const DISCHARGE_SUMMARIES: Table = {
  key: ['YLJGYQDM', 'JZLSH'],
  stated: [],
  fill: (record, row, statedAt) => {
    record.patient = patientOfReport({ ...row, HZXM: row.XM }, record.context)
    record.noteRead('XM', 'BRXB')
    // Before the document, which only mentions the stay.
    apply(record, dischargedStay, row, statedAt, STAY.summary)
    apply(record, dischargeSummary, row, statedAt)
    flagOrder(record, row, 'RYSJ', 'CYSJ')
  },
}
