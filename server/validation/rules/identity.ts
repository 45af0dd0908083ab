/** Numbers of persons and organisations that check themselves. */
import { BASE, NATIONAL } from '../../fhir/canonical.ts'
import { birthDateOf, isValidIdNumber, isValidUscc, sexOf } from '../../fhir/identity-number.ts'
import type { FhirResource } from '../../fhir/types.ts'
import type { Finding } from './finding.ts'

interface Identifier {
  system?: unknown
  value?: unknown
}

const USCC = `${BASE}/sid/uscc`

/** cn-pat-2 check digit; cn-pat-3 and cn-pat-4: birth date and sex in the number against those of the resource. */
export function personNumbers(resource: FhirResource): Finding[] {
  return numbersOf(resource, NATIONAL.idCard).flatMap(({ value, expression }) => {
    if (!isValidIdNumber(value)) return [{ rule: 'cn-pat-2', code: 'check-digit', severity: 'error', expression }]
    return [...birthDateDiffers(resource, value), ...sexDiffers(resource, value)]
  })
}

/** cn-org-2: check character of a unified social credit code. */
export function organizationNumbers(resource: FhirResource): Finding[] {
  const wrong = numbersOf(resource, USCC).filter(({ value }) => !isValidUscc(value))
  return wrong.map(({ expression }) => ({ rule: 'cn-org-2', code: 'check-digit', severity: 'error', expression }))
}

function numbersOf(resource: FhirResource, system: string): { value: string; expression: string }[] {
  const identifiers = (resource.identifier ?? []) as Identifier[]
  return identifiers.flatMap((identifier, index) => {
    if (identifier.system !== system || typeof identifier.value !== 'string') return []
    return [{ value: identifier.value, expression: `${resource.resourceType}.identifier[${index}].value` }]
  })
}

/** A birth date of lower precision only has to be the beginning of the one in the number. */
function birthDateDiffers(resource: FhirResource, number: string): Finding[] {
  const { birthDate, resourceType } = resource
  if (typeof birthDate !== 'string' || birthDateOf(number)?.startsWith(birthDate)) return []
  return [{ rule: 'cn-pat-3', code: 'facts-disagree', severity: 'warning', expression: `${resourceType}.birthDate` }]
}

/** `other` and `unknown` contradict nothing. */
function sexDiffers(resource: FhirResource, number: string): Finding[] {
  const { gender, resourceType } = resource
  if ((gender !== 'male' && gender !== 'female') || gender === sexOf(number)) return []
  return [{ rule: 'cn-pat-4', code: 'facts-disagree', severity: 'warning', expression: `${resourceType}.gender` }]
}
