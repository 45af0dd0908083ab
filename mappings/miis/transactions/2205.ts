/** 2205, reversal of outpatient charge lines: those of a batch, or all of the visit that are not settled (`0000`). */
import { nodeOf, text } from '../envelope.ts'
import { miisKeys } from '../keys.ts'
import { personOf } from '../persons.ts'
import { addPerson, type Transaction } from '../transaction.ts'

/** Stands for all lines of the visit, as a batch here and as a line in 2302. */
export const ALL_LINES = '0000'

export const chargeBatchReversal: Transaction = {
  infno: '2205',
  fill: (input) => {
    const { request, record, context, requestedAt: statedAt } = input
    const { node: info, path } = nodeOf(request, 'input', 'data', 'feeinfo')
    addPerson(input, personOf(info), info, path, statedAt)
    record.offer(info, (field) => `${path}.${field}`)
    record.noteRead(`${path}.chrg_bchno`)
    const [visit, batch] = [text(info, 'mdtrt_id'), text(info, 'chrg_bchno')]
    for (const field of ['mdtrt_id', 'chrg_bchno']) {
      if (text(info, field) === undefined) record.issue({ severity: 'error', code: 'mapping-required', at: `${path}.${field}` })
    }
    if (visit === undefined || batch === undefined) return
    record.sayOfBatch({ batch: miisKeys.lines(context, visit, batch === ALL_LINES ? undefined : batch), word: 'reversed', statedAt })
  },
}
