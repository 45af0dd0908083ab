/** 2102, a purchase in a pharmacy: its lines and their settlement in one message. The number of the purchase stands in the answer. */
import { listOf, node, nodeOf, text } from '../envelope.ts'
import { miisKeys } from '../keys.ts'
import { checkLine } from '../money.ts'
import { personOf } from '../persons.ts'
import { coverage, type CoverageRow } from '../coverage.ts'
import { visitOf } from '../diagnoses.ts'
import { sayAsked, settledWith } from '../exchange-words.ts'
import { addPerson, insuredIn, messageOf, naming, requireVisit, type Transaction, type TransactionInput, withSite } from '../transaction.ts'
import { chargeLine, type FeeRow, judgedAt, judgements, prescriptionLine } from './2204.ts'
import { claim, type ClaimRow, coverageRow, fillSettlement } from './2207.ts'

export const pharmacySettlement: Transaction = {
  infno: '2102',
  fill: (input) => {
    const { request, response, record, requestedAt: statedAt } = input
    // The response first, as in 2207.
    if (response) fillSettlement(input, 'pharmacy')
    if (!request) return
    const { node: info, path } = nodeOf(request, 'input', 'druginfo', 'mdtrtinfo')
    const at = naming(info, path)
    addPerson(input, personOf(info), info, path, statedAt)
    if (!response) record.run(coverage, coverageRow(withSite<CoverageRow>(info, request)), { statedAt, at })
    const purchase = requireVisit(input, visitOf(input, info), 'output.setlinfo.mdtrt_id')
    if (purchase === undefined) return
    const person = text(info, 'psn_no')
    const saidBy = messageOf(input, person)
    const row: ClaimRow = { ...withSite<ClaimRow>(info, request), mdtrt_id: purchase, claim_kind: 'pharmacy' }
    const sets = settledWith(input)
    record.run(claim, row, { statedAt, at, saidBy, batches: sets, ofPerson: insuredIn(input, info), apart: sets[0] })
    const settled = node(response, 'output', 'setlinfo')
    sayAsked(input, text(settled, 'psn_no') === undefined ? info : settled)
    addLines(input, purchase)
  },
}

/** What nobody prescribed is bought and no prescription. */
function addLines(input: TransactionInput, purchase: string): void {
  const { request, record, context, requestedAt: statedAt } = input
  const judged = judgements(input, 'detlcutinfo')
  const { node: info } = nodeOf(request, 'input', 'druginfo', 'mdtrtinfo')
  const [saidBy, ofPerson] = [messageOf(input, text(info, 'psn_no')), insuredIn(input, info)]
  for (const { node, path } of listOf(request, 'input', 'drugdetail')) {
    const found = judged.get(text(node, 'feedetl_sn') ?? '')
    const row: FeeRow = { ...withSite<FeeRow>(node, request), ...found?.row, mdtrt_id: purchase }
    const at = judgedAt(naming(node, path), found)
    record.run(chargeLine, row, { statedAt, at, saidBy })
    if (row.rxno !== undefined) record.run(prescriptionLine, row, { statedAt, at, saidBy })
    record.noteRead(at('mdtrt_id'), at('rx_circ_flag'))
    checkLine(record, `${path}.det_item_fee_sumamt`, node)
  }
  const [settlement] = settledWith(input)
  const paid = { batch: miisKeys.lines(context, purchase), word: 'settled', statedAt } as const
  record.sayOfBatch({ ...paid, ...(saidBy && { saidBy }), ...(settlement && { settlement }), ...(ofPerson && { ofPerson }) })
}
