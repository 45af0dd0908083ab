/** 2208 and 2305, reversal of a settlement: the settlement is void; the response is a settlement of its own, negative. */
import type { ExplanationOfBenefit } from '@medplum/fhirtypes'
import { NATIONAL } from '../../../server/fhir/canonical.ts'
import { mapping } from '../../engine/mapping.ts'
import { type ClaimKind, claimType } from '../claim-type.ts'
import { isObject, node, text } from '../envelope.ts'
import { miisKeys } from '../keys.ts'
import { personOf } from '../persons.ts'
import { addPerson, naming, type Site, type Transaction, withSite } from '../transaction.ts'
import { fillSettlement } from './2207.ts'

interface ReversalRow extends Site, ClaimKind {
  med_type?: string
  setl_id?: string
  mdtrt_id?: string
  psn_no?: string
}

/** Only what a void settlement keeps; the money of the reversal stands in the response's own settlement. */
const voidSettlement = mapping<ReversalRow, ExplanationOfBenefit>({
  source: 'miis/2208/mdtrtinfo',
  to: 'ExplanationOfBenefit',
  profile: 'cn-eob-settlement',
  id: (row, run) => (row.setl_id === undefined ? undefined : miisKeys.settlement(run.context, row.setl_id)),
  organization: 'fixmedins_code',
  withdrawn: () => true,
  rules: (from) => ({
    identifier: [from.identifier(NATIONAL.setlId, 'setl_id')],
    type: claimType<ReversalRow>('med_type'),
    use: 'claim',
    created: from.dateTime('inf_time'),
    outcome: 'complete',
  }),
})

export const settlementReversal = (infno: '2208' | '2305'): Transaction => ({
  infno,
  fill: (input) => {
    const { request, response, record, context, requestedAt: statedAt } = input
    const claim_kind = infno === '2305' ? 'inpatient' : 'outpatient'
    const info = node(request, 'input', 'mdtrtinfo')
    const [reversed, visit] = [text(info, 'setl_id'), text(info, 'mdtrt_id')]
    if (isObject(response?.output)) fillSettlement(input, claim_kind, reversed)
    if (!request) return
    if (visit !== undefined) record.sayOfBatch({ batch: miisKeys.lines(context, visit), word: 'released', statedAt })
    addPerson(input, personOf(info), info, 'input.mdtrtinfo', statedAt)
    record.run(voidSettlement, { ...withSite<ReversalRow>(info, request), claim_kind }, { statedAt, at: naming(info, 'input.mdtrtinfo') })
  },
})
