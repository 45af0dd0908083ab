/** 2401 admission, 2402 discharge, 2403 change of an admission, 2404 and 2405 their reversals. */
import { coverage, type CoverageRow } from '../coverage.ts'
import { addDiagnoses, visitOf } from '../diagnoses.ts'
import { nodeOf, text } from '../envelope.ts'
import { personOf } from '../persons.ts'
import { admission, admissionReversal, discharge, dischargeReversal, type StayRow, type VisitRow } from '../stay.ts'
import { addPerson, messageOf, naming, requireVisit, type Transaction, withSite } from '../transaction.ts'
import { coverageOf } from './2201.ts'

/** The number of a stay stands in the answer to 2401; 2403 names it itself, in places under `adminfo`. */
export const admissionTransaction = (infno: '2401' | '2403'): Transaction => ({
  infno,
  fill: (input) => {
    const { request, record, requestedAt: statedAt } = input
    const { node: info, path } = nodeOf(request, 'input', 'mdtrtinfo', 'adminfo')
    const at = naming(info, path)
    addPerson(input, personOf(info), info, path, statedAt)
    record.run(coverage, coverageOf(withSite<CoverageRow>(info, request)), { statedAt, at })
    const visit = requireVisit(input, visitOf(input, info), 'output.result.mdtrt_id')
    if (visit === undefined) return
    // A change (2403) is changed again; only the admission itself can be taken back by its message (2601).
    const saidBy = infno === '2401' ? messageOf(input, text(info, 'psn_no')) : undefined
    const diagnoses = addDiagnoses(input, info, path, 'AD', saidBy)
    record.run(admission, { ...withSite<StayRow>(info, request), mdtrt_id: visit, diagnoses }, { statedAt, at, saidBy })
  },
})

export const dischargeTransaction: Transaction = {
  infno: '2402',
  fill: (input) => {
    const { request, record, requestedAt: statedAt } = input
    const { node: info, path } = nodeOf(request, 'input', 'mdtrtinfo')
    const at = naming(info, path)
    addPerson(input, personOf(info), info, path, statedAt)
    record.run(coverage, coverageOf(withSite<CoverageRow>(info, request)), { statedAt, at })
    const diagnoses = addDiagnoses(input, info, path, 'DD')
    record.run(discharge, { ...withSite<StayRow>(info, request), diagnoses }, { statedAt, at })
  },
}

export const stayReversal = (infno: '2404' | '2405'): Transaction => ({
  infno,
  fill: (input) => {
    const { request, record, requestedAt: statedAt } = input
    const { node: info, path } = nodeOf(request, 'input', 'data', 'mdtrtinfo')
    addPerson(input, personOf(info), info, path, statedAt)
    const map = infno === '2404' ? admissionReversal : dischargeReversal
    record.run(map, withSite<VisitRow>(info, request), { statedAt, at: naming(info, path) })
  },
})
