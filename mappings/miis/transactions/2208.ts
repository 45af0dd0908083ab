/** 2208, 2305 and 2103 of pharmacies, reversal of a settlement: the settlement is void; the response is a settlement of its own, negative. */
import type { ExplanationOfBenefit } from '@medplum/fhirtypes'
import { NATIONAL } from '../../../server/fhir/canonical.ts'
import { mapping } from '../../engine/mapping.ts'
import { type ClaimKind, claimType } from '../claim-type.ts'
import { isObject, nodeOf, text } from '../envelope.ts'
import { sayAnsweredBefore, sayAsked } from '../exchange-words.ts'
import { miisKeys } from '../keys.ts'
import { personOf } from '../persons.ts'
import { tellPlaces } from '../settlement-places.ts'
import { addPerson, insuredIn, messageOf, naming, type Site, type Transaction, withSite } from '../transaction.ts'
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
  // Should the reversal be taken back (2601), the settlement is what it was.
  yielding: ['type', 'use', 'created', 'outcome'],
  rules: (from) => ({
    identifier: [from.identifier(NATIONAL.setlId, 'setl_id')],
    type: claimType<ReversalRow>('med_type'),
    use: 'claim',
    // So that it reaches nobody else's settlement of that number; what is void keeps no patient.
    patient: from.patient().when((run) => run.text('psn_no') !== undefined),
    created: from.dateTime('inf_time'),
    outcome: 'complete',
  }),
})

const KINDS = { '2103': 'pharmacy', '2208': 'outpatient', '2305': 'inpatient' } as const

/** 2103 takes back a purchase: what was bought goes with it. The other two leave the charges to be settled anew. */
export const settlementReversal = (infno: keyof typeof KINDS): Transaction => ({
  infno,
  fill: (input) => {
    const { request, response, record, context, requestedAt: statedAt } = input
    const claim_kind = KINDS[infno]
    const { node: info, path } = nodeOf(request, 'input', ...(infno === '2103' ? ['data', 'druginfo'] : ['mdtrtinfo', 'data']))
    const [reversed, visit] = [text(info, 'setl_id'), text(info, 'mdtrt_id')]
    if (isObject(response?.output)) fillSettlement(input, claim_kind, reversed)
    if (!request) return
    const said = messageOf(input, text(info, 'psn_no'))
    const by = { statedAt, ...(said && { saidBy: said }) }
    if (visit !== undefined)
      for (const word of infno === '2103' ? (['released', 'reversed'] as const) : (['released'] as const))
        record.sayOfBatch({ batch: miisKeys.lines(context, visit), word, ...by })
    const ofPerson = insuredIn(input, info)
    if (reversed !== undefined)
      record.sayOfBatch({ batch: miisKeys.settled(context, reversed), word: 'reversed', ...(ofPerson && { ofPerson }), ...by })
    sayAsked(input, info, { refunds: true })
    if (reversed !== undefined) sayAnsweredBefore(input, info, reversed)
    tellPlaces(input, info)
    addPerson(input, personOf(info), info, path, statedAt)
    record.run(voidSettlement, { ...withSite<ReversalRow>(info, request), claim_kind }, { statedAt, at: naming(info, path), saidBy: said })
  },
})
