/**
 * 4201 to 4206, what patients have done for whom the insurance does not pay: 4202 stay and diagnoses, 4205 outpatient visit with diagnoses
 * and charges, 4201 (4201A) charges of a stay, 4204 and 4206 their reversals. 4203 says that all is sent, which is nothing of a record.
 */
import { selfPaidLines } from '../charge-keys.ts'
import { listOf, type Named, nodeOf, text } from '../envelope.ts'
import { checkLine } from '../money.ts'
import { addSelfPaidPerson, selfPaidDiagnoses, type SelfPaidRow, selfPaidSet, selfPaidStay, selfPaidVisit } from '../self-paid.ts'
import { naming, respelled, type Transaction, type TransactionInput } from '../transaction.ts'
import { chargeLine, type FeeRow, prescriptionLine } from './2204.ts'
import { type LineRow, voidCharge, voidPrescription } from './2302.ts'

const VISIT = 'fixmedins_mdtrt_id'
const STAY = { mdtrt_sn: VISIT, atddr_no: 'chfpdr_code', dise_codg: 'dise_no', dscg_dept_code: 'dscg_dept_codg' }
/** 4201 of older places has the names of 2204; 4201A and 4205 have these. */
const LINE = { mdtrt_sn: VISIT, feedetl_sn: 'bkkp_sn', bilg_dr_codg: 'bilg_dr_code' }

/** The visit's number in the hospital, and whose number that is; undefined: not said, and that is on the receipt. */
function visitOf({ request, record, context }: TransactionInput, { node, path }: Named): { scope: string; visit: string } | undefined {
  const visit = text(node, VISIT) ?? text(node, 'mdtrt_sn')
  if (visit === undefined) record.issue({ severity: 'error', code: 'mapping-required', at: `${path}.${VISIT}` })
  const scope = context.organization(text(node, 'fixmedins_code') ?? text(request, 'fixmedins_code'))
  return visit === undefined ? undefined : { scope, visit }
}

const stayOrVisit = (infno: '4202' | '4205'): Transaction => ({
  infno,
  ...(infno === '4205' && { long: ['feedetail'] }),
  *fill(input) {
    const { request, record, requestedAt: statedAt } = input
    const info = nodeOf(request, 'input', ...(infno === '4202' ? ['ownPayPatnMdtrtD', 'mdtrtinfo'] : ['mdtrtinfo']))
    const own = visitOf(input, info)
    if (!own) return
    addSelfPaidPerson(input, info.node, info.path, statedAt)
    const diagnoses = selfPaidDiagnoses(
      input,
      nodeOf(request, 'input', 'ownPayPatnDiagListD', 'diseinfo').path.slice('input.'.length),
      own.scope,
      own.visit,
    )
    const { row, at } = respelled<SelfPaidRow>(info.node, info.path, request, STAY)
    const batches = [selfPaidSet(own.scope, own.visit)]
    record.run(infno === '4202' ? selfPaidStay : selfPaidVisit, { ...row, diagnoses }, { statedAt, at, batches })
    record.noteRead(`${info.path}.vali_flag`)
    if (infno === '4205') yield* addLines(input, listOf(request, 'input', 'feedetail'), own)
  },
})

export const selfPaidStays = stayOrVisit('4202')
export const selfPaidVisits = stayOrVisit('4205')

/** One message is one visit's: a line of another visit may be another person's. */
function* addLines(input: TransactionInput, lines: readonly Named[], own: { scope: string; visit: string }): Generator<void> {
  const { request, record, requestedAt: statedAt } = input
  for (const { node, path } of lines) {
    yield
    const named = text(node, VISIT) ?? text(node, 'mdtrt_sn')
    if (named !== undefined && named !== own.visit) {
      record.issue({ severity: 'error', code: 'mapping-conflict', at: `${path}.${VISIT}` })
      continue
    }
    const { row, at } = respelled<FeeRow>(node, path, request, LINE)
    const whole: FeeRow = { ...row, mdtrt_sn: own.visit }
    for (const map of [chargeLine, prescriptionLine]) record.run(map, whole, { statedAt, at })
    // What the line repeats of its visit and of the institution.
    record.noteRead(...['mdtrt_sn', 'med_type', 'fixmedins_name'].map(at))
    checkLine(record, `${path}.det_item_fee_sumamt`, node)
  }
}

export const selfPaidCharges = (infno: '4201' | '4201A'): Transaction => ({
  infno,
  long: ['fsiOwnpayPatnFeeListDDTO', 'feedetail', 'data'],
  *fill(input) {
    const lines = listOf(input.request, 'input', 'fsiOwnpayPatnFeeListDDTO', 'feedetail', 'data')
    const [first] = lines
    const own = visitOf(input, first ?? { node: {}, path: 'input.feedetail[0]' })
    if (!first || !own) return
    addSelfPaidPerson(input, first.node, first.path, input.requestedAt)
    for (const { path } of lines) input.record.noteRead(`${path}.psn_cert_type`, `${path}.certno`, `${path}.psn_name`)
    yield* addLines(input, lines, own)
  },
})

/** 4204: the lines that it names, or all of the visit; 4206: the visit and everything of it. */
export const selfPaidReversal = (infno: '4204' | '4206'): Transaction => ({
  infno,
  ...(infno === '4204' && { long: ['feedetl', 'feedetI'] }),
  *fill(input) {
    const { request, record, requestedAt: statedAt } = input
    const info = nodeOf(request, 'input', 'feedetail', 'data', 'mdtrtinfo', 'input')
    const isBare = Object.keys(info.node).length === 0
    const named: Named = isBare ? { node: bareInput(request), path: 'input' } : info
    const own = visitOf(input, named)
    if (!own) return
    addSelfPaidPerson(input, named.node, named.path, statedAt)
    record.offer(named.node, naming(named.node, named.path))
    record.noteRead(`${named.path}.fixmedins_code`)
    const lines =
      infno === '4204' ? listOf(request, 'input', 'feedetl', 'feedetI').filter(({ node }) => text(node, 'bkkp_sn') !== undefined) : []
    for (const { node, path } of lines) {
      yield
      const { row, at } = respelled<LineRow>(node, path, request, LINE)
      for (const map of [voidCharge, voidPrescription]) record.run(map, { ...row, mdtrt_sn: own.visit }, { statedAt, at })
      record.noteRead(at('mdtrt_sn'))
    }
    if (lines.length > 0) return
    record.sayOfBatch({ batch: selfPaidLines(own.scope, own.visit), word: 'reversed', statedAt })
    if (infno === '4206') record.sayOfBatch({ batch: selfPaidSet(own.scope, own.visit), word: 'reversed', statedAt })
  },
})

/** 4203, 4206: the fields stand in `input` itself in some places. */
function bareInput(request: TransactionInput['request']) {
  const parent = request?.input
  return typeof parent === 'object' && parent !== null && !Array.isArray(parent) ? parent : {}
}

export const selfPaidComplete: Transaction = {
  infno: '4203',
  nothingToStore: true,
  fill: () => {},
  check: (request) => {
    const { node } = nodeOf(request, 'input', 'data', 'mdtrtinfo')
    const found = [node, bareInput(request)].some((one) => text(one, VISIT) !== undefined)
    return found ? undefined : `input.${VISIT}`
  },
}
