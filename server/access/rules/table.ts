/** All rules in the order in which they are asked (consent.md 3.4 step 7). The first that applies decides. */
import { foreignGenetic, purposeNotAdmissible } from './admissibility.ts'
import * as authorities from './authorities.ts'
import { consentDeny, consentPermit, defaultDeny, insurerNeedsConsent } from './consents.ts'
import * as family from './family.ts'
import * as hospital from './hospital.ts'
import * as marketing from './marketing.ts'
import * as meta from './meta.ts'
import * as research from './research.ts'
import type { AccessRule } from './rule.ts'

export const RULES: readonly AccessRule[] = [
  purposeNotAdmissible,
  foreignGenetic,

  family.subjectAccess,
  family.notSubject,
  family.adolescentSensitive,
  family.guardianAccess,
  family.deceasedArrangement,
  family.deceasedRelative,
  authorities.legalOrder,
  authorities.noLegalOrder,
  authorities.btgRole,
  authorities.btgReason,
  authorities.btgNotClinical,
  authorities.breakGlass,
  authorities.outsideInsuranceContent,
  authorities.statutoryInsurance,
  authorities.statutoryReport,
  authorities.qualityAudit,
  authorities.publicInterest,
  hospital.noTreatingRelation,
  hospital.level5PrimaryTeam,
  hospital.custodianTreatment,
  hospital.custodianPayment,
  hospital.custodianOperations,
  hospital.custodianReport,

  marketing.marketingMetaDeny,
  marketing.separateConsent,
  marketing.marketingConsentDeny,
  marketing.marketingLabelNotNamed,
  marketing.marketingNeedsConsent,

  research.auditedAnonymous,
  research.privacyAuditMissing,
  research.pharmaNoIdent,
  research.studyMissing,
  research.ethicsMissing,

  meta.metaDeny,
  meta.dynamicPermit,
  meta.dynamicDeny,
  meta.dynamicLabelNotNamed,
  meta.dynamicPending,

  consentPermit,
  consentDeny,

  meta.metaBlanket,
  meta.metaBroad,
  meta.metaOptOut,
  family.adultNoGuardian,
  family.notGuardian,
  family.kinshipMissing,
  family.notDeceased,
  authorities.identifiableNotNeeded,
  hospital.emergencySensitive,
  hospital.sensitiveNeedsConsent,
  hospital.crossHospitalTreatment,
  hospital.otherCustodian,
  research.ethicsWaiver,
  research.researchOptOut,
  research.noConsent,
  insurerNeedsConsent,
  defaultDeny,
]
