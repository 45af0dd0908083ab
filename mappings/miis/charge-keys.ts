/**
 * By what a charge line is known: the insurance's number of the visit (2204, 2301), or the hospital's own where the person pays for
 * himself (4201, 4205). Line numbers are unique within a visit only, so the visit belongs to them.
 */
import { BASE, localSystem } from '../../server/fhir/canonical.ts'
import type { RowView, Run } from '../engine/rule.ts'
import type { ResourceKey } from '../engine/types.ts'
import { miisKeys } from './keys.ts'

export interface LineNumbers {
  mdtrt_id?: string
  /** the hospital's own number of the visit; the insurance knows none */
  mdtrt_sn?: string
  feedetl_sn?: string
}

export function lineKey(type: 'ChargeItem' | 'MedicationRequest', row: RowView<LineNumbers>, run: Run): ResourceKey | undefined {
  const { feedetl_sn: line, mdtrt_id: insured, mdtrt_sn: own } = row
  if (line === undefined) return undefined
  if (insured !== undefined) {
    const make = type === 'ChargeItem' ? miisKeys.charge : miisKeys.prescription
    return make(run.context, insured, line)
  }
  return own === undefined ? undefined : { type, scope: run.scope, parts: ['self-paid', own, line] }
}

export function lineIdentifier(row: RowView<LineNumbers>, run: Run): { system: string; value: string } | undefined {
  const { feedetl_sn: line, mdtrt_id: insured, mdtrt_sn: own } = row
  if (line === undefined) return undefined
  if (insured !== undefined) return { system: `${BASE}/sid/nhsa/feedetl-sn`, value: `${insured}.${line}` }
  return own === undefined ? undefined : { system: localSystem(run.scope, 'charge-line-no'), value: `${own}.${line}` }
}

/** All lines of a visit that somebody pays for himself: 4204 takes them back without naming them, 4206 with all else of the visit. */
export const selfPaidLines = (scope: string, visitNo: string): ResourceKey => ({
  type: 'ChargeItem',
  scope,
  parts: ['self-paid', 'lines', visitNo],
})

/** The batch that the line was charged in, or that it is in none, and the visit: 2205, 2302 and 4204 take lines back by these alone. */
export function lineSets(
  { mdtrt_id: insured, mdtrt_sn: own, chrg_bchno: batch }: RowView<LineNumbers & { chrg_bchno?: string }>,
  run: Run,
): ResourceKey[] {
  if (insured === undefined) return own === undefined ? [] : [selfPaidLines(run.scope, own)]
  const narrow = batch === undefined ? miisKeys.unbatched(run.context, insured) : miisKeys.lines(run.context, insured, batch)
  return [narrow, miisKeys.lines(run.context, insured)]
}
