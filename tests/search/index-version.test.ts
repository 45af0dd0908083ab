/**
 * What one version of the index makes of resources: where it changes, INDEX_VERSION has to grow, so that what is stored already is
 * told from what is written from then on, and a site knows that it has to be indexed anew (docs/operations.md).
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, test } from '@jest/globals'
import { parseResource } from '../../server/fhir/resource-text.ts'
import { INDEX_VERSION } from '../../server/search/index-version.ts'
import { search } from './ask.ts'

const folder = dirname(createRequire(import.meta.url).resolve('hl7.fhir.r4.examples/package.json'))
const DEFINITIONS = /^(StructureDefinition|ValueSet|CodeSystem|SearchParameter|OperationDefinition|ConceptMap|package|\.)/

/** Every fifth example that is no definition: at least one of each type that has five. */
function digest(): string {
  const hash = createHash('sha256')
  const files = readdirSync(folder).filter((name) => name.endsWith('.json') && !DEFINITIONS.test(name))
  for (const [at, name] of files.sort().entries()) {
    if (at % 5 !== 0) continue
    const { resource, decimals } = parseResource(readFileSync(join(folder, name)))
    const { keys, ...rest } = search.index(resource, decimals)
    hash.update(JSON.stringify([name, keys.sort(), rest], ordered))
  }
  return hash.digest('base64url').slice(0, 16)
}

/** Members in one order, whatever the order in which they were found. */
const ordered = (_: string, value: unknown): unknown =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value

/** If this fails, what is stored for searches has changed: let INDEX_VERSION grow by one, and write the new digest beside it. */
test('the index has changed only with its version', () => {
  expect([INDEX_VERSION, digest()]).toEqual([1, 'l9tlr_gzJkUzf6Rb'])
})
