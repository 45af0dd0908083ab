/**
 * The claim of a settlement whose answer came by itself. Only the answer has the settlement's number, so that it, and not the request that came before or
 * behind it, says of the claim that it stands: as long as the settlement does. Of all else the request knows better.
 */
import type { Claim } from '@medplum/fhirtypes'
import { mapping } from '../engine/mapping.ts'
import { claimType, NORMAL_PRIORITY } from './claim-type.ts'
import { coverageReference } from './coverage.ts'
import { miisKeys } from './keys.ts'
import { isRefund, providerOf, type SettlementRow } from './settlement.ts'

export const answeredClaim = mapping<SettlementRow, Claim>({
  source: 'miis/setlinfo',
  to: 'Claim',
  profile: 'cn-claim',
  id: (row, run) => (row.mdtrt_id === undefined ? undefined : miisKeys.claim(run.context, row.mdtrt_id)),
  organization: 'fixmedins_code',
  // The answer to a reversal is a settlement of its own, and claims nothing.
  when: (row) => row.mdtrt_id !== undefined && row.setl_id !== undefined && !isRefund(row),
  yielding: ['type', 'use', 'created', 'provider', 'priority', 'insurance'],
  rules: (from) => ({
    status: 'active',
    type: claimType<SettlementRow>('med_type'),
    use: 'claim',
    patient: from.patient(),
    created: from.dateTime('setl_time').or(from.dateTime('inf_time')).required(),
    provider: from.value('fixmedins_code', providerOf).default({ display: '定点医药机构' }),
    priority: NORMAL_PRIORITY,
    insurance: [
      { sequence: 1, focal: true, coverage: from.value(['psn_no', 'insutype'], (row, run) => coverageReference(run.context, row)) },
    ],
  }),
})
