/** Marketing: an authorisation of its own, naming the recipient and bundled with nothing (GB/T 39725, PIPL 23). */
import type { AccessRule, Case } from './rule.ts'

const isMarketing = ({ asker }: Case): boolean => asker.purpose === 'HMARKT'

export const marketingMetaDeny: AccessRule = {
  layer: 'marketing',
  reason: 'meta-deny',
  effect: 'deny',
  applies: (at) => isMarketing(at) && at.meta()?.model === 'blanket-deny',
}

export const separateConsent: AccessRule = {
  layer: 'marketing',
  reason: 'separate-consent',
  effect: 'permit',
  applies: (at) => isMarketing(at) && at.consents('separate').effect === 'permit',
}

export const marketingConsentDeny: AccessRule = {
  layer: 'marketing',
  reason: 'consent',
  effect: 'deny',
  applies: (at) => isMarketing(at) && at.consents('separate').effect === 'deny',
}

export const marketingLabelNotNamed: AccessRule = {
  layer: 'marketing',
  reason: 'label-not-named',
  effect: 'deny',
  applies: (at) => isMarketing(at) && at.consents('separate').labelNotNamed,
}

export const marketingNeedsConsent: AccessRule = {
  layer: 'marketing',
  reason: 'marketing-needs-consent',
  effect: 'deny',
  applies: isMarketing,
}
