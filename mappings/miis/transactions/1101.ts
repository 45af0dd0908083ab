/** 1101, who is insured and with which schemes: the response's baseinfo and insuinfo[] to Patient and Coverage. */
import { coverage, type CoverageRow } from '../coverage.ts'
import { list, node, text } from '../envelope.ts'
import { personOf } from '../persons.ts'
import { addPerson, naming, type Transaction, type TransactionInput, withSite } from '../transaction.ts'

const PATH = 'output.baseinfo'

/** Exported for responses that come alone. */
export function fillPerson(input: TransactionInput): void {
  const { response, record, respondedAt: statedAt } = input
  const info = node(response, 'output', 'baseinfo')
  addPerson(input, personOf(info), info, PATH, statedAt)
  record.offer(info, naming(info, PATH))
  // What the person is beside his insurance (poverty relief, disability) stays in the original, and the receipt says so.
  for (const [index, one] of list(response, 'output', 'idetinfo').entries()) record.offer(one, naming(one, `output.idetinfo[${index}]`))
  const number = text(info, 'psn_no')
  for (const [index, scheme] of list(response, 'output', 'insuinfo').entries()) {
    const row: CoverageRow = { ...withSite<CoverageRow>(scheme, undefined), ...(number !== undefined && { psn_no: number }) }
    record.run(coverage, row, { statedAt, at: naming(scheme, `output.insuinfo[${index}]`, [info, PATH]) })
  }
}

export const personAndSchemes: Transaction = {
  infno: '1101',
  // The request only asks; what is known of the person stands in the answer.
  fill: (input) => {
    input.record.noteRead('input.data')
    if (input.response) fillPerson(input)
  },
}
