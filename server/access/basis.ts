/** Why documents were permitted: for the AuditEvent of the request (access.md section 5). */
import type { Citations } from './citations.ts'
import { explain } from './compiled-decision.ts'
import type { Acc, Decision } from './decision.ts'
import type { AuditBasis } from './types.ts'

/** Reasons that rest on what the patient said. */
const CONSENT_REASONS = new Set(['consent', 'separate-consent', 'meta-blanket', 'meta-broad', 'opt-out-default'])

/** @param about persons whose consents are told; those of others stay out of an account that these may read */
export async function basisOf(
  citations: Citations,
  decision: Decision,
  docs: readonly { type: string; acc: Acc }[],
  about: readonly string[],
): Promise<AuditBasis> {
  const told = new Set(about)
  const reasons = new Set<string>()
  const obligations = new Set<AuditBasis['obligations'][number]>()
  const stamps = new Set<string>()
  for (const { type, acc } of docs) {
    const verdict = explain(decision, type, acc)
    if (!verdict) continue
    reasons.add(verdict.reason)
    for (const one of verdict.obligations) obligations.add(one)
    if (CONSENT_REASONS.has(verdict.reason))
      for (const stamp of acc.e) if (told.has(stamp.slice(0, stamp.lastIndexOf('#')))) stamps.add(stamp)
  }
  return { reasons: [...reasons].sort(), obligations: [...obligations], consents: await citations(stamps) }
}
