/** Hospitals: treatment, payment and operations of the custodian; treatment elsewhere. */
import { covers } from '../purposes.ts'
import { isSensitive, LEVEL5_LABELS } from '../sensitivity.ts'
import type { AccessRule, Case } from './rule.ts'

const isHospital = ({ asker }: Case): boolean => asker.party === 'hospital'
const isCustodian = (at: Case): boolean => isHospital(at) && at.custodian === 'own'
const isFor =
  (purpose: string) =>
  (at: Case): boolean =>
    covers(purpose, at.asker.purpose)
const isTreatment = isFor('TREAT')
const isEmergency = isFor('ETREAT')

/** Treatment is the ground only for those who treat (medical record rules 15-18). */
export const noTreatingRelation: AccessRule = {
  layer: 'statutory',
  reason: 'no-treating-relation',
  effect: 'deny',
  applies: (at) =>
    isHospital(at) && isTreatment(at) && at.relation.treating !== true && (!isEmergency(at) || at.policy.emergencyNeedsTreating),
}

/** Level 5 of GB/T 39725: inside the own hospital for the primary team only, emergencies apart. */
export const level5PrimaryTeam: AccessRule = {
  layer: 'statutory',
  reason: 'level5-primary-team-only',
  effect: 'deny',
  applies: (at) =>
    isCustodian(at) &&
    isTreatment(at) &&
    !isEmergency(at) &&
    at.relation.primary !== true &&
    at.resource.labels.some((label) => LEVEL5_LABELS.has(label)),
}

export const custodianTreatment: AccessRule = {
  layer: 'statutory',
  reason: 'custodian-treatment',
  effect: 'permit',
  applies: (at) => isCustodian(at) && isTreatment(at),
}

export const custodianPayment: AccessRule = {
  layer: 'statutory',
  reason: 'custodian-payment',
  effect: 'permit',
  applies: (at) => isCustodian(at) && isFor('HPAYMT')(at),
}

export const custodianOperations: AccessRule = {
  layer: 'statutory',
  reason: 'custodian-operations',
  effect: 'permit',
  applies: (at) => isCustodian(at) && isFor('HOPERAT')(at),
}

/** A hospital's own duty to report. */
export const custodianReport: AccessRule = {
  layer: 'statutory',
  reason: 'statutory-report',
  effect: 'permit',
  obligations: ['minimum-necessary'],
  applies: (at) => isCustodian(at) && isFor('PUBHLTH')(at) && at.resource.notifiable,
}

/** Sensitive labels are not shared without a consent; emergency treatment sees them under audit. */
export const emergencySensitive: AccessRule = {
  layer: 'default',
  reason: 'emergency-sensitive',
  effect: 'permit',
  obligations: ['audit-btg'],
  applies: (at) => isHospital(at) && isEmergency(at) && at.policy.crossHospitalTreat && isSensitive(at.resource.labels),
}

export const sensitiveNeedsConsent: AccessRule = {
  layer: 'default',
  reason: 'sensitive-needs-consent',
  effect: 'deny',
  applies: (at) => isHospital(at) && isTreatment(at) && isSensitive(at.resource.labels),
}

export const crossHospitalTreatment: AccessRule = {
  layer: 'default',
  reason: 'default',
  effect: 'permit',
  applies: (at) => isHospital(at) && isTreatment(at) && at.policy.crossHospitalTreat,
}

export const otherCustodian: AccessRule = {
  layer: 'default',
  reason: 'other-custodian',
  effect: 'deny',
  applies: (at) => isHospital(at) && at.custodian === 'other' && (isFor('HOPERAT')(at) || isFor('HPAYMT')(at)),
}
