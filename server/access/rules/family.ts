/** The patient himself, guardians of minors, relatives of the deceased (PIPL 31, 44-49). */
import { ADOLESCENT_LABELS } from '../sensitivity.ts'
import type { AccessRule, Case } from './rule.ts'

const asks = (at: Case, party: 'patient' | 'guardian' | 'relative'): boolean => at.asker.party === party

export const subjectAccess: AccessRule = {
  layer: 'statutory',
  reason: 'subject-access',
  effect: 'permit',
  applies: (at) => asks(at, 'patient') && at.relation.self === true,
}

export const notSubject: AccessRule = {
  layer: 'statutory',
  reason: 'not-subject',
  effect: 'deny',
  applies: (at) => asks(at, 'patient'),
}

/** From 14 on a guardian does not see what the adolescent may keep to himself. */
export const adolescentSensitive: AccessRule = {
  layer: 'statutory',
  reason: 'adolescent-sensitive',
  effect: 'deny',
  applies: (at) =>
    asks(at, 'guardian') && at.relation.ward === 'adolescent' && at.resource.labels.some((label) => ADOLESCENT_LABELS.has(label)),
}

export const guardianAccess: AccessRule = {
  layer: 'statutory',
  reason: 'guardian-access',
  effect: 'permit',
  applies: (at) => asks(at, 'guardian') && (at.relation.ward === 'child' || at.relation.ward === 'adolescent'),
}

const isHeir = (at: Case): boolean => asks(at, 'relative') && at.relation.deceased === true && at.relation.kinship === true

/** What the deceased arranged while alive stands. */
export const deceasedArrangement: AccessRule = {
  layer: 'statutory',
  reason: 'deceased-arrangement',
  effect: 'deny',
  applies: (at) => isHeir(at) && at.consents().effect === 'deny',
}

export const deceasedRelative: AccessRule = {
  layer: 'statutory',
  reason: 'deceased-relative',
  effect: 'permit',
  applies: isHeir,
}

export const adultNoGuardian: AccessRule = {
  layer: 'default',
  reason: 'adult-no-guardian',
  effect: 'deny',
  applies: (at) => asks(at, 'guardian') && at.relation.ward === 'adult',
}

export const notGuardian: AccessRule = {
  layer: 'default',
  reason: 'not-guardian',
  effect: 'deny',
  applies: (at) => asks(at, 'guardian'),
}

export const kinshipMissing: AccessRule = {
  layer: 'default',
  reason: 'kinship-missing',
  effect: 'deny',
  applies: (at) => asks(at, 'relative') && at.relation.kinship !== true,
}

export const notDeceased: AccessRule = {
  layer: 'default',
  reason: 'not-deceased',
  effect: 'deny',
  applies: (at) => asks(at, 'relative'),
}
