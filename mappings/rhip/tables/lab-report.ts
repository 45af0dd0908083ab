/** TB_LIS_REPORT, one row per laboratory report, to cn-diagnosticreport-lab and its specimen. */
import type { DiagnosticReport, Patient, Specimen } from '@medplum/fhirtypes'
import { codeSystem, localSystem } from '../../../server/fhir/canonical.ts'
import { keys } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import { localCodes } from '../../engine/systems.ts'
import { cardIdentifier } from './patient.ts'

export interface LisReportRow {
  YLJGYQDM?: string
  BGRQ?: string
  BGDH?: string
  JZLSH?: string
  MZZYBZ?: string
  KH?: string
  KLX?: string
  HZXM?: string
  BRXB?: string
  BGYHRYID?: string
  BGYHRYXM?: string
  SHYHRYID?: string
  SHYHRYXM?: string
  BGSJ?: string
  CJSJ?: string
  SHSJ?: string
  BGBZ?: string
  BBDM?: string
  BBMC?: string
  BGDLBBM?: string
  BGDLB?: string
  WJLJ?: string
  XGBZ?: string
}

type ReportKey = (row: RowView<{ BGDH?: string }>, run: Run) => ReturnType<typeof keys.report> | undefined
const reportKey: ReportKey = (row, run) => (row.BGDH === undefined ? undefined : keys.report(run.scope, row.BGDH))
const specimenKey: ReportKey = (row, run) => (row.BGDH === undefined ? undefined : keys.specimenOfReport(run.scope, row.BGDH))

export const labReport = mapping<LisReportRow, DiagnosticReport>({
  source: 'rhip/TB_LIS_REPORT',
  to: 'DiagnosticReport',
  profile: 'cn-diagnosticreport-lab-minimal',
  id: reportKey,
  organization: 'YLJGYQDM',
  withdrawn: (row) => row.XGBZ === '2',
  rules: (from) => ({
    identifier: [from.identifier((scope) => localSystem(scope, 'lab-report-no'), 'BGDH')],
    status: 'final',
    category: [
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: 'LAB', display: 'Laboratory' }] },
      { coding: [{ system: codeSystem('rhip-lab-report-category'), code: from.text('BGDLBBM') }] },
    ],
    code: { text: from.text('BGDLB').default('检验报告') },
    subject: from.patient(),
    encounter: from.encounter('JZLSH', from.encounterClass('rhip-visit-kind', 'MZZYBZ')),
    effectiveDateTime: from.dateTime('CJSJ'),
    issued: from.instant('SHSJ', 'BGSJ'),
    performer: [from.practitioner('BGYHRYID', 'BGYHRYXM')],
    resultsInterpreter: [from.practitioner('SHYHRYID', 'SHYHRYXM')],
    specimen: [
      from.referenceTo(['BBMC', 'BBDM'], (row, run) => ((row.BBMC ?? row.BBDM) === undefined ? undefined : specimenKey(row, run))),
    ],
    conclusion: from.prose('BGBZ'),
    presentedForm: [{ url: from.text('WJLJ'), title: '检验报告文件' }],
  }),
})

export const labSpecimen = mapping<LisReportRow, Specimen>({
  source: 'rhip/TB_LIS_REPORT',
  to: 'Specimen',
  profile: [],
  id: specimenKey,
  organization: 'YLJGYQDM',
  when: (row) => row.BBMC !== undefined || row.BBDM !== undefined,
  withdrawn: (row) => row.XGBZ === '2',
  rules: (from) => ({
    type: from.value(['BBMC', 'BBDM'], (row, run) => {
      const target = row.BBMC === undefined ? undefined : run.context.translate('specimen', row.BBMC)
      const code = row.BBDM ?? row.BBMC
      const local = {
        system: localCodes(run.scope, 'specimen'),
        ...(code !== undefined && { code }),
        ...(row.BBMC !== undefined && { display: row.BBMC }),
      }
      if (!target && code !== undefined)
        run.unmapped({
          map: 'specimen',
          system: local.system,
          code: row.BBMC ?? code,
          ...(row.BBMC !== undefined && { display: row.BBMC }),
        })
      return { coding: target ? [target, local] : [local], ...(row.BBMC !== undefined && { text: row.BBMC }) }
    }),
    subject: from.patient(),
    collection: { collectedDateTime: from.dateTime('CJSJ') },
  }),
})

/** The patient as a report row knows him: a card, nothing else. Name and birth date come with TB_YL_PATIENT_INFORMATION. */
export const cardPatient = mapping<LisReportRow, Patient>({
  source: 'rhip/TB_LIS_REPORT',
  to: 'Patient',
  profile: 'cn-patient-minimal',
  id: 'patient',
  organization: 'YLJGYQDM',
  when: (row) => row.KH !== undefined && row.XGBZ !== '2',
  rules: (from) => ({
    identifier: [from.value('KH', (row, run) => cardIdentifier(run, row.KH, row.KLX))],
  }),
})
