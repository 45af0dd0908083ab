/** 2501 to 2506: filings of a referral, of a chronic or special disease and of a designated institution, and their reversals. */
import type { Mapping } from '../../engine/mapping.ts'
import { coverage, type CoverageRow } from '../coverage.ts'
import { list, nodeOf, text } from '../envelope.ts'
import {
  chronicDisease,
  chronicDiseaseReversal,
  designation,
  designationReversal,
  filedDisease,
  filedDiseaseReversal,
  type FilingRow,
  referral,
  referralReversal,
} from '../filings.ts'
import { personOf } from '../persons.ts'
import { addPerson, naming, type Site, type Transaction, type TransactionInput, withSite } from '../transaction.ts'
import { coverageOf } from './2201.ts'

const NUMBER = 'trt_dcla_detl_sn'

const FILED = {
  '2501': { node: 'refmedin', maps: [referral] },
  '2503': { node: 'data', maps: [filedDisease, chronicDisease] },
  '2505': { node: 'data', maps: [designation] },
} as const satisfies Record<string, { node: string; maps: readonly Mapping<FilingRow>[] }>

/** The insurance gives the number: without its answer the filing has none, and only the person and his scheme are told. */
function numberOf({ response, record }: TransactionInput): string | undefined {
  const number = ['result', 'data'].flatMap((name) => list(response, 'output', name)).map((one) => text(one, NUMBER))[0]
  record.noteRead('output.result', 'output.data')
  if (number === undefined) record.issue({ severity: 'error', code: 'mapping-required', at: `output.result.${NUMBER}` })
  return number
}

export const filing = (infno: keyof typeof FILED): Transaction => ({
  infno,
  fill: (input) => {
    const { request, record, requestedAt: statedAt } = input
    const { node: info, path } = nodeOf(request, 'input', FILED[infno].node, 'data')
    const named = naming(info, path)
    const at = (field: string): string => (field === NUMBER ? `output.result.${NUMBER}` : named(field))
    addPerson(input, personOf(info), info, path, statedAt)
    const insured = text(info, 'insu_optins')
    const scheme = { ...withSite<CoverageRow & Site>(info, request), ...(insured && { insuplc_admdvs: insured }) }
    record.run(coverage, coverageOf(scheme), { statedAt, at: (field) => at(field === 'insuplc_admdvs' && insured ? 'insu_optins' : field) })
    const number = numberOf(input)
    if (number === undefined) return
    const row: FilingRow = { ...withSite<FilingRow>(info, request), [NUMBER]: number }
    for (const map of FILED[infno].maps) record.run<FilingRow>(map, row, { statedAt, at })
    record.noteRead(named('psn_no'), named('insutype'))
  },
})

const TAKEN_BACK = {
  '2502': [referralReversal],
  '2504': [filedDiseaseReversal, chronicDiseaseReversal],
  '2506': [designationReversal],
} as const satisfies Record<string, readonly Mapping<FilingRow>[]>

export const filingReversal = (infno: keyof typeof TAKEN_BACK): Transaction => ({
  infno,
  fill: (input) => {
    const { request, record, requestedAt: statedAt } = input
    const { node: info, path } = nodeOf(request, 'input', 'data', 'refmedin')
    if (text(info, NUMBER) === undefined) {
      record.issue({ severity: 'error', code: 'mapping-required', at: `${path}.${NUMBER}` })
      return
    }
    addPerson(input, personOf(info), info, path, statedAt)
    for (const map of TAKEN_BACK[infno])
      record.run<FilingRow>(map, withSite<FilingRow>(info, request), { statedAt, at: naming(info, path) })
    record.noteRead(`${path}.psn_no`)
  },
})
