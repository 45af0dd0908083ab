/** Sound and broken resources of two profiles, for tests that compare two ways of evaluating them. */
import type { FhirResource } from '../../../server/fhir/types.ts'
import type { ProfileCases } from './case.ts'
import { observation as observationCases } from './clinical.ts'
import { patient as patientCases } from './people.ts'

function resourcesOf(cases: ProfileCases): FhirResource[] {
  const broken = cases.broken.map(([, change]) => {
    const resource = structuredClone(cases.valid)
    change(resource)
    return resource
  })
  return [cases.valid, ...broken]
}

export const observation = resourcesOf(observationCases)
export const patient = resourcesOf(patientCases)
