/** TB_OPRATION_DETAIL (so spelled), one row per operation, to cn-procedure. */
import type { Procedure } from '@medplum/fhirtypes'
import { codeSystem, localSystem, structureDefinition } from '../../../server/fhir/canonical.ts'
import { mapping } from '../../engine/mapping.ts'
import type { Run } from '../../engine/rule.ts'
import { CLINICAL_EDITION, TABLES } from '../../engine/systems.ts'
import { type Incision, readIncision } from '../../engine/values/incision.ts'
import { isCode } from './deciding.ts'
import { weak } from './identity.ts'
import { apply, flagOrder, type Table } from './table.ts'
import { table } from '../../engine/values/table.ts'

const ELECTIVE: Readonly<Record<string, string>> = table({ '1': '择期', '2': '非择期', '9': '不明' })

type Column =
  | 'YLJGYQDM'
  | 'SSMXLSH'
  | 'JZLSH'
  | 'ZQSSBZ'
  | 'SSJB'
  | 'SSCZBM'
  | 'SSCZMC'
  | 'SSQZD'
  | 'SSHZD'
  | 'SSKSSJ'
  | 'SSJSSJ'
  | 'SXYHRYXM'
  | 'MZYHRYXM'
  | 'MZFS'
  | 'QKYHDJ'
  | 'SSBFZ'
  | 'XGBZ'
type OperationRow = { [K in Column]?: string }

const ICD9_SHAPE = /^\d{2}\.\d/
const ICD10_SHAPE = /^[A-Z]\d{2}(?:[.xX]|$)/

const LEVEL_SYSTEM = 'urn:oid:2.16.156.10011.2.3.1.258'
const HEALING_SYSTEM = 'urn:oid:2.16.156.10011.2.3.1.257'
const ANAESTHESIA_SYSTEM = 'urn:oid:2.16.156.10011.2.3.1.159'
const LEVELS = { '1': '1', '2': '2', '3': '3', '4': '4', '01': '1', '02': '2', '03': '3', '04': '4' } as const

function incision(run: Run): Incision {
  const sent = run.text('QKYHDJ')
  const read = sent === undefined ? {} : readIncision(sent)
  if (!read) run.flaw('QKYHDJ', 'mapping-value-unknown')
  return read ?? {}
}

const role = (code: string, display: string) => ({ coding: [{ system: codeSystem('cn-procedure-role'), code, display }] })

/** A diagnosis as a code where it is one, because codes decide what is sensitive; else as text. */
const reason = (run: Run, column: string) => {
  const sent = run.text(column)
  if (sent === undefined) return undefined
  return ICD10_SHAPE.test(sent) ? { coding: [{ system: TABLES.icd10, version: CLINICAL_EDITION, code: sent }] } : { text: sent }
}

export const operation = mapping<OperationRow, Procedure>({
  source: 'rhip/TB_OPRATION_DETAIL',
  to: 'Procedure',
  profile: 'cn-procedure',
  id: ['SSMXLSH'],
  organization: 'YLJGYQDM',
  withdrawn: (row) => row.XGBZ === '2',
  rules: (from) => ({
    extension: [
      { url: structureDefinition('cn-surgery-level'), valueCoding: { system: LEVEL_SYSTEM, code: from.choice('SSJB', LEVELS) } },
      {
        url: structureDefinition('cn-incision-class'),
        valueCode: from.value('QKYHDJ', (_row, run) => incision(run).incision),
      },
      {
        url: structureDefinition('cn-healing-grade'),
        valueCoding: { system: HEALING_SYSTEM, code: from.value('QKYHDJ', (_row, run) => incision(run).healing) },
      },
      {
        url: structureDefinition('cn-anaesthesia-method'),
        // A word for it is no code of the table.
        valueCodeableConcept: {
          coding: [{ system: ANAESTHESIA_SYSTEM, code: from.text('MZFS').when((run) => isCode(run.text('MZFS'))) }],
          text: from.text('MZFS').when((run) => !isCode(run.text('MZFS'))),
        },
      },
    ],
    identifier: [from.identifier((scope) => localSystem(scope, 'operation-no'), 'SSMXLSH')],
    status: 'completed',
    category: {
      coding: [
        {
          system: codeSystem('rhip-operation-urgency'),
          code: from.text('ZQSSBZ').when((run) => isCode(run.text('ZQSSBZ'))),
          display: from.value('ZQSSBZ', (row) => ELECTIVE[row.ZQSSBZ ?? '']),
        },
      ],
    },
    code: from
      .codeOf(TABLES.icd9cm3, 'SSCZBM', 'SSCZMC', CLINICAL_EDITION)
      .when((run) => ICD9_SHAPE.test(run.text('SSCZBM') ?? ''))
      .or(from.localConcept('procedure', 'SSCZBM', 'SSCZMC'))
      .required(),
    subject: from.patient(),
    encounter: from.encounter('JZLSH'),
    performedPeriod: { start: from.dateTime('SSKSSJ'), end: from.dateTime('SSJSSJ') },
    performer: [
      {
        function: role('surgeon', '术者'),
        actor: from.value('SXYHRYXM', (row) => (row.SXYHRYXM === undefined ? undefined : { display: row.SXYHRYXM })),
      },
      {
        function: role('anaesthetist', '麻醉医师'),
        actor: from.value('MZYHRYXM', (row) => (row.MZYHRYXM === undefined ? undefined : { display: row.MZYHRYXM })),
      },
    ],
    reasonCode: [
      from.value('SSQZD', (_row, run) => reason(run, 'SSQZD')),
      // The diagnosis after the operation is what it turned out to be done for.
      from.value('SSHZD', (row, run) => (row.SSHZD === row.SSQZD ? undefined : reason(run, 'SSHZD'))),
    ],
    complication: [from.value('SSBFZ', (_row, run) => reason(run, 'SSBFZ'))],
  }),
})

export const OPERATIONS: Table = {
  key: ['YLJGYQDM', 'SSMXLSH'],
  stated: [],
  fill: (record, row, statedAt) => {
    record.patient = { local: weak('VISIT', row.JZLSH, row, record.context) }
    apply(record, operation, row, statedAt)
    flagOrder(record, row, 'SSKSSJ', 'SSJSSJ')
  },
}
