/**
 * 4302, operations and rescues of an emergency patient under observation: a Procedure for each operation, a record C0044 for each rescue. The
 * rescues belong to the visit that the operations name, unless they name one themselves.
 */
import { listOf, type Named, text } from '../envelope.ts'
import { personOf } from '../persons.ts'
import { documentMapping, type DocumentRow } from '../record-document.ts'
import { RESCUE } from '../record-documents.ts'
import { surgery, type SurgeryRow } from '../surgery.ts'
import { addPerson, naming, respelled, type Transaction, type TransactionInput, withSite } from '../transaction.ts'

/** The row's names, which are those of 4401 and 4701, to those of this transaction. */
const OPERATION = { oprn_oprt_date: 'oprn_oprt_time', oprn_oper_part: 'oprn_oprt_tagt_part_name' }

const rescue = documentMapping(RESCUE, 'miis/4302/rescinfo')

const NUMBERS = ['mdtrt_sn', 'mdtrt_id', 'psn_no'] as const
type Visit = { [K in (typeof NUMBERS)[number]]?: string }

/** The visit and its person: of the first node that names them. */
function visitOf(nodes: readonly Named[]): Visit {
  const first = nodes.find(({ node }) => NUMBERS.some((field) => text(node, field) !== undefined))
  return Object.fromEntries(
    NUMBERS.flatMap((field) => {
      const value = text(first?.node, field)
      return value === undefined ? [] : [[field, value]]
    }),
  )
}

export const emergencyRecord: Transaction = {
  infno: '4302',
  fill: (input) => {
    const { request, record, requestedAt: statedAt } = input
    const [operations, rescues] = [listOf(request, 'input', 'oprninfo'), listOf(request, 'input', 'rescinfo')]
    const all = [...operations, ...rescues]
    const [first] = all
    if (!first) {
      record.issue({ severity: 'error', code: 'mapping-required', at: 'input.oprninfo' })
      return
    }
    const visit = visitOf(all)
    const named = all.find(({ node }) => NUMBERS.some((field) => text(node, field) !== undefined)) ?? first
    addPerson(input, personOf(named.node), named.node, named.path, statedAt)
    for (const one of all) if (isOf(input, one, visit)) (operations.includes(one) ? addOperation : addRescue)(input, one, visit)
  },
}

/** One message is one visit's: what is of another visit would be stored under the wrong person. */
function isOf({ record }: TransactionInput, { node, path }: Named, visit: Visit): boolean {
  const other = NUMBERS.find((field) => text(node, field) !== undefined && text(node, field) !== visit[field])
  if (other !== undefined) record.issue({ severity: 'error', code: 'mapping-conflict', at: `${path}.${other}` })
  record.noteRead(...[...NUMBERS, 'vali_flag', 'oprn_oprt_sn', 'medrcdno'].map((field) => `${path}.${field}`))
  return other === undefined
}

function addOperation({ request, record, requestedAt: statedAt }: TransactionInput, { node, path }: Named, visit: Visit): void {
  const { row, at } = respelled<SurgeryRow>(node, path, request, OPERATION)
  record.run(surgery, { ...row, ...visit }, { statedAt, at })
}

function addRescue({ request, record, requestedAt: statedAt }: TransactionInput, { node, path }: Named, visit: Visit): void {
  const began = text(node, 'resc_begntime')?.replace(/\D/g, '')
  const row: DocumentRow = { ...withSite<DocumentRow>(node, request), ...visit, ...(began && { number: began }), entries: {} }
  record.run(rescue, row, { statedAt, at: naming(node, path) })
  record.noteRead(`${path}.number`)
}
