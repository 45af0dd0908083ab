/** Logical ids and resource type names (R4 datatypes: id). */

export const ID_PATTERN = /^[A-Za-z0-9\-.]{1,64}$/

/** True for a valid FHIR id. */
export function isId(text: string): boolean {
  return ID_PATTERN.test(text)
}

export const TYPE_NAME_PATTERN = /^[A-Z][A-Za-z]{1,63}$/

/** True for what can be the name of a resource type; says nothing of whether R4 has it. */
export function isTypeName(text: string): boolean {
  return TYPE_NAME_PATTERN.test(text)
}
