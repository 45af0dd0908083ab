/** 2201 and 2202, registration of an outpatient visit and its reversal: the visit is planned, then cancelled. */
import { coverage, type CoverageRow } from '../coverage.ts'
import { visitOf } from '../diagnoses.ts'
import { nodeOf } from '../envelope.ts'
import { personOf } from '../persons.ts'
import { registration, registrationReversal, type VisitRow } from '../stay.ts'
import { addPerson, naming, requireVisit, type Transaction, type TransactionInput, withSite } from '../transaction.ts'

/** Times are whole seconds: of one second the visit (2203) tells more than that it was planned, whichever came last. Sorts before none. */
const BEFORE_THE_VISIT = '0'

export const outpatientRegistration: Transaction = {
  infno: '2201',
  fill: (input) => {
    const { request, record, requestedAt: statedAt } = input
    // A response alone has the numbers of the visit.
    if (!request) return fillRegistrationResponse(input)
    const { node: info, path } = nodeOf(request, 'input', 'mdtrtinfo', 'data')
    const at = naming(info, path)
    addPerson(input, personOf(info), info, path, statedAt)
    record.run(coverage, coverageOf(withSite<CoverageRow>(info, request)), { statedAt, at })
    const visit = requireVisit(input, visitOf(input, info), 'output.data.mdtrt_id')
    if (visit === undefined) return
    record.run(registration, { ...withSite<VisitRow>(info, request), mdtrt_id: visit }, { statedAt, at, order: BEFORE_THE_VISIT })
  },
}

/** Exported for responses that come alone. */
export function fillRegistrationResponse(input: TransactionInput): void {
  const { response, record, respondedAt: statedAt } = input
  const { node: info, path } = nodeOf(response, 'output', 'data')
  addPerson(input, personOf(info), info, path, statedAt)
  record.run(registration, withSite<VisitRow>(info, undefined), { statedAt, at: naming(info, path), order: BEFORE_THE_VISIT })
}

/** What a visit says of the scheme that it is insured under. */
export const coverageOf = ({ psn_no, insutype, insuplc_admdvs }: CoverageRow): CoverageRow => ({
  ...(psn_no && { psn_no }),
  ...(insutype && { insutype }),
  ...(insuplc_admdvs && { insuplc_admdvs }),
})

export const outpatientRegistrationReversal: Transaction = {
  infno: '2202',
  fill: (input) => {
    const { request, record, requestedAt: statedAt } = input
    const { node: info, path } = nodeOf(request, 'input', 'data', 'mdtrtinfo')
    addPerson(input, personOf(info), info, path, statedAt)
    record.noteRead(`${path}.ipt_otp_no`)
    record.run(registrationReversal, withSite<VisitRow>(info, request), { statedAt, at: naming(info, path) })
  },
}
