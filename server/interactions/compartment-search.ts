/** Search within a compartment (R4 http.html#search): `Patient/1/Observation?…`, `Patient/1/*`, and both by form. */
import { checkType } from './checks.ts'
import { checkTypeIn, compartmentOf } from './compartments.ts'
import { searchOfMany } from './search-many.ts'
import { searchOfType } from './search.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from './types.ts'

const ALL = '*'

export function searchCompartment(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const compartment = compartmentOf(request)
  const third = request.segments[2] ?? ALL
  const path = `${compartment.name}/${compartment.id}/${third}`
  if (third === ALL) return searchOfMany(deps, request, path, compartment)
  checkType(third)
  checkTypeIn(deps, compartment, third)
  return searchOfType(deps, request, { type: third, path, compartment })
}
