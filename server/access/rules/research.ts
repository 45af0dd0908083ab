/** Research: the gates before any consent is looked at, and the defaults behind them. */
import { isResearch } from '../purposes.ts'
import { isHardLabelled } from '../sensitivity.ts'
import type { AccessRule, Case } from './rule.ts'

const isForResearch = ({ asker }: Case): boolean => isResearch(asker.purpose)
const isAnonymous = ({ asker }: Case): boolean => asker.form === 'ANON'
const isPseudonymised = ({ asker }: Case): boolean => asker.form === 'PSEUD'

/** Anonymised data are personal information no more, if an audit says that they are. */
export const auditedAnonymous: AccessRule = {
  layer: 'research',
  reason: 'audited-anonymous',
  effect: 'permit',
  applies: (at) => isForResearch(at) && isAnonymous(at) && at.asker.privacyAudit === 'pass',
}

export const privacyAuditMissing: AccessRule = {
  layer: 'research',
  reason: 'privacy-audit-missing',
  effect: 'deny',
  applies: (at) => isForResearch(at) && isAnonymous(at),
}

export const pharmaNoIdent: AccessRule = {
  layer: 'research',
  reason: 'pharma-no-ident',
  effect: 'deny',
  applies: (at) => isForResearch(at) && at.asker.party === 'pharma' && at.asker.form === 'IDENT',
}

export const studyMissing: AccessRule = {
  layer: 'research',
  reason: 'study-missing',
  effect: 'deny',
  applies: (at) => isForResearch(at) && at.asker.study === undefined,
}

export const ethicsMissing: AccessRule = {
  layer: 'research',
  reason: 'ethics-missing',
  effect: 'deny',
  applies: (at) => isForResearch(at) && at.asker.ethics === undefined,
}

/** Nobody opened hard labels by silence: without a consent that names them they stay closed. */
const isOpenByDefault = (at: Case): boolean => isForResearch(at) && isPseudonymised(at) && !isHardLabelled(at.resource.labels)

export const ethicsWaiver: AccessRule = {
  layer: 'default',
  reason: 'ethics-waiver',
  effect: 'permit',
  obligations: ['no-reidentify'],
  applies: (at) => isOpenByDefault(at) && at.asker.ethics === 'waiver' && at.policy.ethicsWaiver,
}

export const researchOptOut: AccessRule = {
  layer: 'default',
  reason: 'opt-out-default',
  effect: 'permit',
  applies: (at) => isOpenByDefault(at) && at.policy.researchPseudonymisedByDefault,
}

export const noConsent: AccessRule = {
  layer: 'default',
  reason: 'no-consent',
  effect: 'deny',
  applies: isForResearch,
}
