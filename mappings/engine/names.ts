/** Names that mappings may use. A misspelt one would map nothing and say nothing, so it does not compile. */

/** Profiles of ours for resources (`profiles/fsh`). */
export const PROFILES = [
  'cn-claim',
  'cn-composition',
  'cn-composition-discharge',
  'cn-condition',
  'cn-coverage',
  'cn-diagnosticreport-lab',
  'cn-encounter',
  'cn-eob-settlement',
  'cn-medicationrequest',
  'cn-observation-lab',
  'cn-organization-hospital',
  'cn-patient',
  'cn-practitioner',
  'cn-privacy-consent',
  'cn-provenance',
  'cn-researchstudy',
] as const
export type ProfileName = (typeof PROFILES)[number]

/** Concept maps with a file of this name in `terminology/maps`. */
export const CONCEPT_MAPS = [
  'frequency',
  'gb2261-1',
  'gb2261-2',
  'gb4761',
  'hl7-abnormal',
  'hl7-gender',
  'hl7-marital',
  'hl7-patient-class',
  'hl7-relationship',
  'lab-item',
  'miis-abnormal',
  'miis-cert-type',
  'miis-claim-type',
  'miis-diag-type',
  'miis-gender',
  'miis-med-type',
  'miis-prescription-category',
  'rhip-cert-type',
  'rhip-result-code',
  'rhip-visit-kind',
  'rhip-ycts',
  'route',
  'specimen',
] as const

/** Work lists without a shipped map: every code is kept as it came and counted until a site adds a map of the name. */
export const SITE_MAPS = ['allergen', 'diagnosis', 'icd-10-cn', 'miis-diagnosis', 'nhsa-item', 'rhip-visit-type', 'tcm'] as const

export type MapName = (typeof CONCEPT_MAPS)[number] | (typeof SITE_MAPS)[number]
