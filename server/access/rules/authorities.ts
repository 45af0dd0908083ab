/** Courts, break-glass, insurance and health administration: what rests on law and not on consent (PIPL 13). */
import { PUBLIC_EMERGENCY } from '../../config/purposes.ts'
import { covers } from '../purposes.ts'
import { isClinicalType, isInsuranceContent } from '../content.ts'
import type { AccessRule, Case } from './rule.ts'

export const legalOrder: AccessRule = {
  layer: 'statutory',
  reason: 'legal-order',
  effect: 'permit',
  obligations: ['minimum-necessary'],
  applies: ({ asker, relation }) => asker.party === 'legal' && relation.legalOrder === true,
}

export const noLegalOrder: AccessRule = {
  layer: 'statutory',
  reason: 'no-legal-order',
  effect: 'deny',
  applies: ({ asker }) => asker.party === 'legal',
}

const isBreakGlass = ({ asker }: Case): boolean => asker.purpose === 'BTG'

export const btgRole: AccessRule = {
  layer: 'statutory',
  reason: 'btg-role',
  effect: 'deny',
  applies: (at) => isBreakGlass(at) && at.asker.role !== 'clinician',
}

export const btgReason: AccessRule = {
  layer: 'statutory',
  reason: 'btg-reason',
  effect: 'deny',
  applies: (at) => isBreakGlass(at) && (at.asker.breakGlassReason ?? '').trim() === '',
}

export const btgNotClinical: AccessRule = {
  layer: 'statutory',
  reason: 'btg-not-clinical',
  effect: 'deny',
  applies: (at) => isBreakGlass(at) && ![at.resource.type, ...at.resource.targets].every(isClinicalType),
}

export const breakGlass: AccessRule = {
  layer: 'statutory',
  reason: 'break-glass',
  effect: 'permit',
  obligations: ['audit-btg', 'notify-patient', 'review'],
  applies: isBreakGlass,
}

export const outsideInsuranceContent: AccessRule = {
  layer: 'statutory',
  reason: 'outside-mi-content',
  effect: 'deny',
  applies: ({ asker, resource }) => asker.party === 'mia' && !isInsuranceContent(resource),
}

export const statutoryInsurance: AccessRule = {
  layer: 'statutory',
  reason: 'statutory-mi',
  effect: 'permit',
  obligations: ['minimum-necessary'],
  applies: ({ asker }) => asker.party === 'mia',
}

const isHealthAuthority = ({ asker }: Case): boolean => asker.party === 'ha'
const isPublicHealth = ({ asker }: Case): boolean => covers('PUBHLTH', asker.purpose)
const isIdentifiable = ({ asker }: Case): boolean => asker.form === 'IDENT'

/** Identifiable data: notifiable diseases and emergencies only. */
export const statutoryReport: AccessRule = {
  layer: 'statutory',
  reason: 'statutory-report',
  effect: 'permit',
  obligations: ['minimum-necessary'],
  applies: (at) =>
    isHealthAuthority(at) &&
    isIdentifiable(at) &&
    isPublicHealth(at) &&
    (at.resource.notifiable || at.asker.emergency === true || PUBLIC_EMERGENCY.has(at.asker.purpose)),
}

/** De-identified data go to the health administration whatever the patient chose. */
export const qualityAudit: AccessRule = {
  layer: 'statutory',
  reason: 'quality-audit',
  effect: 'permit',
  applies: (at) => isHealthAuthority(at) && !isIdentifiable(at) && !isPublicHealth(at),
}

export const publicInterest: AccessRule = {
  layer: 'statutory',
  reason: 'public-interest',
  effect: 'permit',
  obligations: ['no-reidentify'],
  applies: (at) => isHealthAuthority(at) && !isIdentifiable(at),
}

export const identifiableNotNeeded: AccessRule = {
  layer: 'default',
  reason: 'identifiable-not-needed',
  effect: 'deny',
  applies: isHealthAuthority,
}
