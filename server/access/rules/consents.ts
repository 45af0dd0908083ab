/** What the patient's consents say, and what is left when they say nothing. */
import { isResearch } from '../purposes.ts'
import type { AccessRule } from './rule.ts'

export const consentPermit: AccessRule = {
  layer: 'consents',
  reason: 'consent',
  effect: 'permit',
  obligations: ({ asker }) => (isResearch(asker.purpose) && asker.form === 'IDENT' ? ['minimum-necessary'] : []),
  applies: (at) => at.consents().effect === 'permit',
}

export const consentDeny: AccessRule = {
  layer: 'consents',
  reason: 'consent',
  effect: 'deny',
  applies: (at) => at.consents().effect === 'deny',
}

export const insurerNeedsConsent: AccessRule = {
  layer: 'default',
  reason: 'insurer-needs-consent',
  effect: 'deny',
  applies: ({ asker }) => asker.party === 'insurer',
}

/** What no rule permits is denied. */
export const defaultDeny: AccessRule = {
  layer: 'default',
  reason: 'default',
  effect: 'deny',
  applies: () => true,
}
