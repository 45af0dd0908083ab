/**
 * 2601, reversal by the number of a message (冲正): a sender that had no answer takes back what it asked for, whatever that was. Everything
 * that the message said is void, and what it took back itself stands again (server/ingest/batches.ts). In whatever order the two come.
 */
import { nodeOf, text } from '../envelope.ts'
import { miisKeys } from '../keys.ts'
import { personOf } from '../persons.ts'
import { addPerson, type Transaction } from '../transaction.ts'

/** By the interface's own table: settlements, their reversals, admissions. */
const REVERSIBLE: ReadonlySet<string> = new Set(['2102', '2103', '2207', '2208', '2304', '2305', '2401'])

export const messageReversal: Transaction = {
  infno: '2601',
  fill: (input) => {
    const { request, record, context, requestedAt: statedAt } = input
    const { node: info, path } = nodeOf(request, 'input', 'data')
    const institution = text(request, 'fixmedins_code')
    const [person, message, infno] = [text(info, 'psn_no'), text(info, 'omsgid'), text(info, 'oinfno')]
    const missing = Object.entries({ psn_no: person, omsgid: message, oinfno: infno }).filter(([, value]) => value === undefined)
    for (const [field] of missing) record.issue({ severity: 'error', code: 'mapping-required', at: `${path}.${field}` })
    if (institution === undefined) record.issue({ severity: 'error', code: 'mapping-required', at: 'fixmedins_code' })
    if (institution === undefined || person === undefined || message === undefined || infno === undefined) return
    if (!REVERSIBLE.has(infno)) {
      record.issue({ severity: 'error', code: 'mapping-value-unknown', at: `${path}.oinfno` })
      return
    }
    addPerson(input, personOf(info), info, path, statedAt)
    const unknown = { message: 'miis-message-unknown', answer: 'miis-answer-unknown', at: `${path}.omsgid` }
    record.sayOfBatch({ batch: miisKeys.message(context, institution, message, person), word: 'reversed', statedAt, unknown })
  },
}
