/** Why documents were permitted: for the AuditEvent of the request (access.md section 5). */
import { explain } from './compiled-decision.ts'
import type { Acc, Decision } from './decision.ts'
import { statesOf, type StampDeps } from './stamp.ts'
import { parseConsents } from './tables.ts'
import type { AuditBasis } from './types.ts'

/** Reasons that rest on what the patient said. */
const CONSENT_REASONS = new Set(['consent', 'separate-consent', 'meta-blanket', 'meta-broad', 'opt-out-default'])

export async function basisOf(
  deps: Pick<StampDeps, 'tables'>,
  decision: Decision,
  docs: readonly { type: string; acc: Acc }[],
): Promise<AuditBasis> {
  const reasons = new Set<string>()
  const obligations = new Set<AuditBasis['obligations'][number]>()
  const persons = new Set<string>()
  for (const { type, acc } of docs) {
    const verdict = explain(decision, type, acc)
    if (!verdict) continue
    reasons.add(verdict.reason)
    for (const one of verdict.obligations) obligations.add(one)
    if (CONSENT_REASONS.has(verdict.reason)) for (const person of acc.p) persons.add(person)
  }
  const states = await statesOf(deps, [...persons])
  const consents = [...states.values()].flatMap((state) =>
    parseConsents(state).flatMap(({ id, v, version }) => (version.status === 'active' ? [`${id}/_history/${v}`] : [])),
  )
  return { reasons: [...reasons].sort(), obligations: [...obligations], consents: consents.sort() }
}
