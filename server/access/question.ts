/** One access question, and the policy of the site: all that a decision depends on besides the person's rules. */
import type { DataForm, Party } from '../auth/actor.ts'
import type { ResourceClass } from './resource-class.ts'

/** Site policy (configuration `policy`; every default of consent.md 3.4 step 8 that a site may change). */
export interface Policy {
  /** other hospitals may read for treatment unless the patient objects */
  crossHospitalTreat: boolean
  /** research in pseudonymised form is permitted unless the patient objects */
  researchPseudonymisedByDefault: boolean
  /** an ethics waiver permits pseudonymised research unless the patient objects */
  ethicsWaiver: boolean
  /** emergency treatment needs a treating relation too */
  emergencyNeedsTreating: boolean
  /** days after the end of an encounter in which its staff still treats the patient */
  treatingDays: number
}

export const DEFAULT_POLICY: Policy = {
  crossHospitalTreat: true,
  researchPseudonymisedByDefault: false,
  ethicsWaiver: true,
  emergencyNeedsTreating: true,
  treatingDays: 30,
}

/** What is proven of the asker and the patients of the resource. */
export interface Relation {
  treating?: boolean
  primary?: boolean
  /** the patient himself */
  self?: boolean
  /** guardian of a child under 14, of an adolescent of 14 to 17, of an adult */
  ward?: 'child' | 'adolescent' | 'adult'
  kinship?: boolean
  deceased?: boolean
  /** a court or authority ordered the disclosure of these patients' records to the asker */
  legalOrder?: boolean
}

/** Who asks, why, in which form, now. */
export interface Asker {
  party: Party
  organization: string
  role: string
  purpose: string
  action: string
  form: DataForm
  /** names by which a consent may name the asker: `H2`, `Organization/H2`, `Practitioner/p1`, `p1` */
  names: readonly string[]
  /** ResearchStudy id */
  study?: string
  ethics?: 'approved' | 'waiver'
  /** the study has an approval for human genetic resources abroad */
  hgrApproval?: boolean
  foreign?: boolean
  privacyAudit?: 'pass'
  breakGlassReason?: string
  /** a declared emergency of public health */
  emergency?: boolean
}

export interface Question {
  asker: Asker
  policy: Policy
  /** milliseconds since the epoch */
  now: number
  relation: Relation
  /** is the asker's organisation the custodian of the resource? */
  custodian: 'own' | 'other'
  resource: Omit<ResourceClass, 'subjects'>
}
