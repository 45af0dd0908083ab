/** Code systems of one organisation's own numbers. */

/** HL7 keeps copies of public classifications under such an address too. */
const PUBLIC = /^http:\/\/hl7\.org\/fhir\/sid\/(?:icd-[\w-]+|cvx|mvx|ndc)$/

/** True for a system by which a code names the organisation that made it, and may be a number of the person. */
export const isLocalSystem = (system: string): boolean => system.includes('/sid/') && !PUBLIC.test(system)
