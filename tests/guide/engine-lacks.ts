/**
 * Errors that HL7's engine finds in the package and that are none of the package: what it lacks without a network, and what R4's own
 * definition says. By name, so that any other error fails the check.
 */
import type { JavaIssue } from '../validation/agreement/verdicts.ts'

export interface Lack {
  /** names of files of the package */
  files: RegExp
  id: string
  text: RegExp
  why: string
}

export const LACKS: readonly Lack[] = [
  {
    files: /^package\/StructureDefinition-cn-[\w-]+\.json$/,
    id: 'ERROR_GENERATING_SNAPSHOT',
    text: /Unable to resolve package id hl7\.fhir\.r4\.core#null/,
    why: 'for extensions alone it asks the package server for the core package, whatever its version; their snapshots are there',
  },
  {
    files: /^package\/StructureDefinition-cn-binary\.json$/,
    id: '',
    text: /not a subset of binding http:\/\/hl7\.org\/fhir\/ValueSet\/mimetypes/,
    why: 'BCP 13 cannot be expanded: without a terminology server the base value set seems empty',
  },
  {
    files: /^package\/StructureDefinition-cn-eob-settlement(?:-deid)?\.json$/,
    id: 'SD_ED_BIND_NOT_VS',
    text: /processpriority on element ExplanationOfBenefit\.priority/,
    why: "R4's own definition binds ExplanationOfBenefit.priority to a code system; the snapshot inherits it",
  },
  {
    files: /^example\/(?:Composition-example-cn-composition-2|DocumentReference-example-cn-document(?:-2)?)\.json$/,
    id: 'Terminology_TX_NoValid_1_CC',
    text: /^None of the codings provided are in the value set .*cn-document-type/,
    why: 'beside the coding of WS/T 500, which is in the set, stands one of LOINC, which it does not have offline',
  },
]

export const lackOf = (name: string, { id, text }: JavaIssue): Lack | undefined =>
  LACKS.find((lack) => lack.files.test(name) && lack.id === id && lack.text.test(text))
