/** What the mappings make of the samples follows the profiles that it claims: not one error, only what a source lacks. */
import { describe, expect, test } from '@jest/globals'
import type { SourceMapping } from '../../mappings/engine/types.ts'
import { hospitalCda } from '../../mappings/hospital/cda/index.ts'
import { hospitalHl7v2 } from '../../mappings/hospital/hl7v2/index.ts'
import { miisInterface } from '../../mappings/miis/index.ts'
import { rhipTables } from '../../mappings/rhip/tables/index.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { createValidator } from '../../server/validation/validator.ts'
import { context, plain, readAll, sample } from '../mappings/support.ts'

const validator = createValidator()

const ORGANIZATIONS = { hospital: 'H1', miis: 'MIA', rhip: 'HA' }

const SAMPLES: [SourceMapping, string, least: number][] = [
  [hospitalHl7v2, 'hospital/adt-a01-admission.hl7', 4],
  [hospitalHl7v2, 'hospital/oru-r01-blood-count.hl7', 8],
  [hospitalHl7v2, 'hospital/oru-r01-corrected.hl7', 3],
  [hospitalCda, 'hospital/cda-c0049-discharge.xml', 3],
  [miisInterface, 'miis/2203-outpatient-visit.json', 3],
  [miisInterface, 'miis/2204-outpatient-charges.json', 3],
  [miisInterface, 'miis/2207-outpatient-settlement.json', 1],
  [miisInterface, 'miis/2207-response.json', 2],
  [miisInterface, 'miis/4101-settlement-list.json', 3],
  [miisInterface, 'miis/4502-lab-report.json', 3],
  [rhipTables, 'rhip/20260310/TB_LIS_INDICATORS.csv', 4],
  [rhipTables, 'rhip/20260310/TB_LIS_REPORT.csv', 3],
  [rhipTables, 'rhip/20260310/TB_YL_PATIENT_INFORMATION.csv', 2],
]

/** Stand-ins for the patient and for other records, as references; ids do not matter here. */
function resolved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolved)
  if (value === null || typeof value !== 'object') return value
  const { $key, $patient, $url, ...rest } = value as { $key?: { type: string }; $patient?: boolean; $url?: { type: string } }
  if ($key) return { ...rest, reference: `${$key.type}/x` }
  if ($url) return `${$url.type}/x`
  if ($patient) return { ...rest, reference: 'Patient/p' }
  return Object.fromEntries(Object.entries(rest).map(([key, inner]) => [key, resolved(inner)]))
}

async function resourcesOf(mapping: SourceMapping, path: string): Promise<FhirResource[]> {
  const options = { fileName: path.slice(path.lastIndexOf('/') + 1), context: context(mapping.kind, ORGANIZATIONS[mapping.kind]) }
  const { mapped, rejected } = await readAll(mapping, sample(path), options)
  expect(rejected).toEqual([])
  return mapped.flatMap((record) => record.resources.map((each) => resolved(plain(each)) as FhirResource))
}

describe.each(SAMPLES.map(([mapping, path, least]) => ({ mapping, path, least })))('$path', ({ mapping, path, least }) => {
  test('has no errors', async () => {
    const resources = await resourcesOf(mapping, path)
    const errors = resources.flatMap((resource) =>
      validator
        .validate(resource, { mode: 'create' })
        .filter(({ severity }) => severity === 'error')
        .map(({ code, expression, rule, profile }) => [code, expression, rule, profile ?? '']),
    )
    expect(errors).toEqual([])
    expect(resources.length).toBeGreaterThanOrEqual(least)
  })

  test('claims profiles that exist', async () => {
    const resources = await resourcesOf(mapping, path)
    const unknown = resources.flatMap((resource) => resource.meta?.profile ?? []).filter((canonical) => !validator.knows(canonical))
    expect(unknown).toEqual([])
  })
})
