/** What every sample becomes is valid R4, names profiles that exist and keeps to them. A sample needs no line here. */
import { readdirSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import type { SourceMapping } from '../../mappings/engine/types.ts'
import { hospitalCda } from '../../mappings/hospital/cda/index.ts'
import { hospitalDocuments } from '../../mappings/hospital/documents/index.ts'
import { hospitalHomePage } from '../../mappings/hospital/home-page/index.ts'
import { hospitalHl7v2 } from '../../mappings/hospital/hl7v2/index.ts'
import { miisInterface } from '../../mappings/miis/index.ts'
import { rhipDeXml } from '../../mappings/rhip/de-xml/index.ts'
import { rhipTables } from '../../mappings/rhip/tables/index.ts'
import { parseResource } from '../../server/fhir/resource-text.ts'
import { createValidator } from '../../server/validation/validator.ts'
import { context, readAll, sample } from './support.ts'

const validator = createValidator()

/** Which format a sample is in, by its folder and ending. */
const FORMATS: readonly [path: RegExp, SourceMapping][] = [
  [/^hospital\/.*\.hl7$/, hospitalHl7v2],
  [/^hospital\/.*\.xml$/, hospitalCda],
  [/^hospital\/home-page\/.*\.(?:csv|dbf)$/, hospitalHomePage],
  [/^hospital\/documents\/.*\.zip$/, hospitalDocuments],
  [/^miis\/.*\.json$/, miisInterface],
  [/^rhip\/.*\.(?:csv|txt)$/, rhipTables],
  [/^rhip\/.*\.xml$/, rhipDeXml],
]

const paths = readdirSync(new URL('../fixtures/samples', import.meta.url), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !entry.name.endsWith('.md'))
  .map((entry) => `${entry.parentPath}/${entry.name}`.replace(/^.*\/fixtures\/samples\//, ''))
  .sort()

/** Stands for what ingest puts in place of a key. */
const referred = (_: string, value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value
  const { $key, $url, display } = value as { $key?: { type: string }; $url?: { type: string }; display?: string }
  if ($url) return `${$url.type}/x`
  const target = '$patient' in value ? 'Patient/p' : $key && `${$key.type}/x`
  return target === undefined ? value : { reference: target, ...(display !== undefined && { display }) }
}

test.each(paths)('%s', async (path) => {
  const mapping = FORMATS.find(([pattern]) => pattern.test(path))?.[1]
  if (!mapping) throw new Error('a sample of no known format: give it a line in FORMATS')
  const { mapped, rejected } = await readAll(mapping, sample(path), {
    context: context(mapping.kind, mapping.kind === 'hospital' ? 'H1' : undefined),
  })
  expect(rejected).toEqual([])
  expect(mapped.length).toBeGreaterThan(0)
  const stored = mapped.filter((record) => !record.nothingToStore)
  const resources = stored.flatMap((record) => record.resources.map((each) => parseResource(JSON.stringify(each.resource, referred))))
  if (stored.length > 0) expect(resources.length).toBeGreaterThan(0)
  const errors = resources.flatMap(({ resource, decimals }) =>
    validator
      .validate(resource, { mode: 'create', decimals })
      .filter(({ severity, code, kind }) => (severity === 'error' && kind !== 'text') || code === 'profile-unknown')
      .map(({ code, expression, rule }) => `${resource.resourceType}: ${code} ${expression} ${rule}`),
  )
  expect(errors).toEqual([])
})
