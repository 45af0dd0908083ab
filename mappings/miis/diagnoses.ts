/** The list `diseinfo[]` of a stay: a Condition for each row, and how the visit refers to it. */
import { referTo } from '../engine/keys.ts'
import type { ResourceKey } from '../engine/types.ts'
import type { MiisObject } from '../parsers/miis-json.ts'
import { condition, type DiseInfo, diagnosisKey, syndromesIn } from './condition.ts'
import { list, nodeOf, text } from './envelope.ts'
import { placeOf, type StayDiagnosis } from './stay.ts'
import { naming, type TransactionInput, withSite } from './transaction.ts'
import { table } from '../engine/values/table.ts'

/**
 * @param info the node that names the visit; its main diagnosis stands for the list where that is empty
 * @param saidBy the message, where it can be taken back as a whole
 */
export function addDiagnoses(
  input: TransactionInput,
  info: MiisObject,
  path: string,
  role: StayDiagnosis['role'],
  saidBy?: ResourceKey,
): StayDiagnosis[] {
  const { request, record, context, requestedAt: statedAt } = input
  const mdtrtId = visitOf(input, info)
  const nodes = list(request, 'input', 'diseinfo')
  const rows = nodes.map((one): DiseInfo => ({ ...withSite<DiseInfo>(one, request), ...(mdtrtId !== undefined && { mdtrt_id: mdtrtId }) }))
  const named = mainOf(info, mdtrtId)
  const all =
    named && !rows.some(({ diag_code, maindiag_flag }) => maindiag_flag === '1' || diag_code === named.diag_code) ? [named, ...rows] : rows
  record.noteRead(`${path}.dscg_maindiag_code`, `${path}.dscg_maindiag_name`)
  const syndromesOf = syndromesIn(rows)
  return all.flatMap((row, place) => {
    // The one of the visit itself stands before those of the list.
    const index = place - (all.length - rows.length)
    const at = index < 0 ? (field: string) => MAIN[field] ?? `${path}.${field}` : naming(nodes[index] ?? {}, `input.diseinfo[${index}]`)
    for (const one of [row, ...syndromesOf(row)])
      record.run(condition, one, { statedAt, at, saidBy, ...(index < 0 && { offer: false as const }) })
    if (index >= 0) record.noteRead(...['vali_flag', 'maindiag_flag', 'diag_srt_no', 'mdtrt_id', 'psn_no'].map(at))
    const key = row.vali_flag === '0' ? undefined : diagnosisKey(row, context)
    return key ? [{ condition: referTo(key), role, main: row.maindiag_flag === '1', ...placeOf(row.diag_srt_no) }] : []
  })
}

const MAIN: Record<string, string> = table({
  diag_code: 'input.mdtrtinfo.dscg_maindiag_code',
  diag_name: 'input.mdtrtinfo.dscg_maindiag_name',
})

function mainOf(info: MiisObject, mdtrtId: string | undefined): DiseInfo | undefined {
  const [code, name] = [text(info, 'dscg_maindiag_code'), text(info, 'dscg_maindiag_name')]
  if (mdtrtId === undefined || (code === undefined && name === undefined)) return undefined
  return { mdtrt_id: mdtrtId, diag_type: '1', maindiag_flag: '1', ...(code && { diag_code: code }), ...(name && { diag_name: name }) }
}

/** The number of the visit: of the request's node, or of the answer (2201: `data`, 2401: `result`, 2102: `setlinfo`). */
export function visitOf({ response, record }: TransactionInput, info: MiisObject): string | undefined {
  const { node: answered, path } = nodeOf(response, 'output', 'data', 'result', 'setlinfo')
  record.offer(answered, (field) => `${path}.${field}`)
  record.noteRead(...['mdtrt_id', 'psn_no', 'ipt_otp_no'].map((field) => `${path}.${field}`))
  return text(info, 'mdtrt_id') ?? text(answered, 'mdtrt_id')
}
