/** Diagnoses of records (4301, 4701): a row names up to three things, a disease of Western medicine, one of Chinese medicine, its syndrome. */
import { referTo } from '../engine/keys.ts'
import type { KeyReference } from '../engine/types.ts'
import { condition, type DiseInfo, diagnosisKey } from './condition.ts'
import { listOf, text } from './envelope.ts'
import { naming, type TransactionInput, withSite } from './transaction.ts'

export interface VisitNumbers {
  mdtrt_sn?: string
  mdtrt_id?: string
}

const TCM = [
  { type: '2', code: 'tcm_dise_code', name: 'tcm_dise_name' },
  { type: '3', code: 'tcmsymp_code', name: 'tcmsymp' },
] as const

/** @param western fields of the Western diagnosis, which the transactions name differently */
export function recordDiagnoses(
  { request, record, context, requestedAt: statedAt }: TransactionInput,
  visit: VisitNumbers,
  western: { code: string; name: string },
): KeyReference[] {
  return listOf(request, 'input', 'diseinfo').flatMap(({ node, path }) => {
    const at = naming(node, path)
    record.offer(node, at)
    record.noteRead(...['inout_diag_type', 'maindiag_flag', 'diag_seq', 'tcm_diag_flag', 'vali_flag'].map(at))
    return [{ type: '1', ...western }, ...TCM].flatMap(({ type, code, name }) => {
      const [diagCode, diagName, time, valid] = [text(node, code), text(node, name), text(node, 'diag_time'), text(node, 'vali_flag')]
      if (diagCode === undefined && diagName === undefined) return []
      const row: DiseInfo = {
        ...withSite<DiseInfo>({}, request),
        ...visit,
        diag_type: type,
        ...(diagCode && { diag_code: diagCode }),
        ...(diagName && { diag_name: diagName }),
        ...(time && { diag_time: time }),
        ...(valid && { vali_flag: valid }),
      }
      const names: Record<string, string> = { diag_code: code, diag_name: name }
      record.run(condition, row, { statedAt, at: (field) => at(names[field] ?? field), offer: false })
      const key = valid === '0' ? undefined : diagnosisKey(row, context)
      return key ? [referTo(key)] : []
    })
  })
}
