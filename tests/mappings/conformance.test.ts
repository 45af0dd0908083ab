/** What the insurance and platform samples become is valid R4 and keeps the profiles' mandatory elements. */
import { expect, test } from '@jest/globals'
import { miisInterface } from '../../mappings/miis/index.ts'
import { rhipDeXml } from '../../mappings/rhip/de-xml/index.ts'
import { rhipTables } from '../../mappings/rhip/tables/index.ts'
import type { SourceMapping } from '../../mappings/engine/types.ts'
import { parseResource } from '../../server/fhir/resource-text.ts'
import { createValidator } from '../../server/validation/validator.ts'
import { readAll, sample } from './support.ts'

const validator = createValidator()

/** Stands for what ingest puts in place of a key. */
const referred = (_: string, value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value
  const { $key, display } = value as { $key?: { type: string }; display?: string }
  const target = '$patient' in value ? 'Patient/p' : $key && `${$key.type}/x`
  return target === undefined ? value : { reference: target, ...(display !== undefined && { display }) }
}

test.each<[string, SourceMapping]>([
  ['miis/2203-outpatient-visit.json', miisInterface],
  ['miis/2204-outpatient-charges.json', miisInterface],
  ['miis/2207-outpatient-settlement.json', miisInterface],
  ['miis/2207-response.json', miisInterface],
  ['miis/4101-settlement-list.json', miisInterface],
  ['miis/4502-lab-report.json', miisInterface],
  ['rhip/20260310/TB_YL_PATIENT_INFORMATION.csv', rhipTables],
  ['rhip/20260310/TB_LIS_REPORT.csv', rhipTables],
  ['rhip/20260310/TB_LIS_INDICATORS.csv', rhipTables],
  ['rhip/de-coded-lab.xml', rhipDeXml],
])('%s', async (path, mapping) => {
  const { mapped } = await readAll(mapping, sample(path))
  const resources = mapped.flatMap((record) => record.resources.map((each) => parseResource(JSON.stringify(each.resource, referred))))
  expect(resources.length).toBeGreaterThan(0)
  const errors = resources.flatMap(({ resource, decimals }) =>
    validator
      .validate(resource, { mode: 'create', decimals })
      .filter(({ severity }) => severity === 'error')
      .map(({ code, expression, rule }) => `${resource.resourceType}: ${code} ${expression} ${rule}`),
  )
  expect(errors).toEqual([])
})
