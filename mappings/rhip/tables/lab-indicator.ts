/** TB_LIS_INDICATORS, one row per result, to cn-observation-lab; the report that it belongs to is only mentioned. */
import type { Observation } from '@medplum/fhirtypes'
import { localSystem, structureDefinition } from '../../../server/fhir/canonical.ts'
import { keys, referTo } from '../../engine/keys.ts'
import { flagContradicts, labItem } from '../../engine/lab-item.ts'
import { mapping } from '../../engine/mapping.ts'
import { BEFORE_ALL } from '../../engine/mention.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import type { MappedResource, ResourceKey } from '../../engine/types.ts'
import { RHIP_DIGIT_FLAGS } from '../../engine/values/interpretation.ts'

export interface LisIndicatorRow {
  YLJGYQDM?: string
  JYZBLSH?: string
  BGDH?: string
  SHSJ?: string
  JYZBDM?: string
  JYFF?: string
  JYZBMC?: string
  JYZBJG?: string
  YQMC?: string
  CKZ?: string
  JLDW?: string
  YCTS?: string
  JCYHRYID?: string
  JCYHRYXM?: string
  YZID?: string
  XGBZ?: string
}

/** Same parts as the hospital's own result; an item without a code is told apart by its name. */
export function resultKey(row: RowView<LisIndicatorRow>, run: Run): ResourceKey | undefined {
  const item = row.JYZBDM ?? row.JYZBMC
  return row.BGDH === undefined || item === undefined ? undefined : keys.result(run.scope, row.BGDH, item)
}

export const labIndicator = mapping<LisIndicatorRow, Observation>({
  source: 'rhip/TB_LIS_INDICATORS',
  to: 'Observation',
  profile: 'cn-observation-lab-minimal',
  id: resultKey,
  organization: 'YLJGYQDM',
  withdrawn: (row) => row.XGBZ === '2',
  rules: (from) => {
    const result = from.labResult('JYZBJG', 'JLDW', { flag: 'YCTS', range: 'CKZ', digits: RHIP_DIGIT_FLAGS })
    return {
      identifier: [from.identifier((scope) => localSystem(scope, 'lab-result-no'), 'JYZBLSH')],
      status: 'final',
      category: [
        {
          coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory', display: 'Laboratory' }],
        },
      ],
      code: from.value(['JYZBDM', 'JYZBMC'], (row, run) => labItem(run, row.JYZBDM, row.JYZBMC, row.JLDW)).required(),
      subject: from.patient(),
      issued: from.instant('SHSJ'),
      performer: [
        from.referenceTo(
          ['JCYHRYID', 'JCYHRYXM'],
          (row, run) => (row.JCYHRYID === undefined ? undefined : keys.practitioner(run.scope, row.JCYHRYID, row.JCYHRYXM ?? '')),
          'JCYHRYXM',
        ),
      ],
      method: { text: from.text('JYFF') },
      device: from.value('YQMC', (row) => (row.YQMC === undefined ? undefined : { display: row.YQMC })),
      basedOn: [from.request('YZID')],
      ...result,
      interpretation: result.interpretation.as((flags, run) => {
        if (flagContradicts(run.text('JYZBJG'), run.text('CKZ'), flags)) run.flaw('YCTS', 'mapping-conflict')
        return flags
      }),
    }
  },
})

/**
 * The report that lists this result. Its `result` list is united with what the report row and other results say; every
 * other element yields to the report row whenever that arrives.
 */
export function reportMention(scope: string, reportNo: string, result: ResourceKey): MappedResource {
  return {
    key: keys.report(scope, reportNo),
    state: 'current',
    statedAt: BEFORE_ALL,
    placeholder: true,
    resource: {
      resourceType: 'DiagnosticReport',
      meta: { profile: [structureDefinition('cn-diagnosticreport-lab-minimal')] },
      identifier: [{ system: localSystem(scope, 'lab-report-no'), value: reportNo }],
      status: 'unknown',
      category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: 'LAB', display: 'Laboratory' }] }],
      code: { text: '检验报告' },
      subject: { $patient: true },
      result: [referTo(result)],
    },
  }
}
