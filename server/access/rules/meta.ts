/** Meta consent: the model that the patient chose for this purpose, asker and class. It never opens identifiable data. */
import type { AccessRule, Case } from './rule.ts'

export const metaDeny: AccessRule = {
  layer: 'meta',
  reason: 'meta-deny',
  effect: 'deny',
  applies: (at) => at.meta()?.model === 'blanket-deny',
}

const isDynamic = (at: Case): boolean => at.meta()?.model === 'dynamic'

export const dynamicPermit: AccessRule = {
  layer: 'meta',
  reason: 'consent',
  effect: 'permit',
  obligations: ({ asker }) => (asker.form === 'IDENT' ? ['minimum-necessary'] : []),
  applies: (at) => isDynamic(at) && at.consents('study').effect === 'permit',
}

export const dynamicDeny: AccessRule = {
  layer: 'meta',
  reason: 'consent',
  effect: 'deny',
  applies: (at) => isDynamic(at) && at.consents('study').effect === 'deny',
}

export const dynamicLabelNotNamed: AccessRule = {
  layer: 'meta',
  reason: 'label-not-named',
  effect: 'deny',
  applies: (at) => isDynamic(at) && at.consents('study').labelNotNamed,
}

/** The patient wants to be asked study by study, and has not answered. */
export const dynamicPending: AccessRule = {
  layer: 'meta',
  reason: 'dynamic-pending',
  effect: 'deny',
  obligations: ['request-consent'],
  applies: isDynamic,
}

/** Behind the consents: a consent that says no is stronger than a preference that says yes. */
const chose = (at: Case, model: 'blanket-permit' | 'broad' | 'opt-out'): boolean => {
  const choice = at.meta()
  return choice?.model === model && choice.namesHardLabels && at.asker.form !== 'IDENT'
}

export const metaBlanket: AccessRule = {
  layer: 'default',
  reason: 'meta-blanket',
  effect: 'permit',
  applies: (at) => chose(at, 'blanket-permit'),
}

export const metaBroad: AccessRule = {
  layer: 'default',
  reason: 'meta-broad',
  effect: 'permit',
  applies: (at) => chose(at, 'broad'),
}

export const metaOptOut: AccessRule = {
  layer: 'default',
  reason: 'opt-out-default',
  effect: 'permit',
  applies: (at) => chose(at, 'opt-out'),
}
