/** docs/coverage.md is what the payloads in the tests come to, and what it says of them is so. */
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { CLAIMS, COVERAGE_PAGE, coveragePage, isKind, outcomeOf } from './coverage.ts'
import { ROWS, SOURCES } from './rows.ts'

test('docs/coverage.md is current (npm run build:coverage)', async () => {
  expect(readFileSync(COVERAGE_PAGE, 'utf8')).toBe(await coveragePage())
})

const all = SOURCES.flatMap((source) =>
  CLAIMS[source].map((claim) => ({ source, claim, name: `${source}: ${claim.row}, ${claim.sample}` })),
)

test.each(all)('$name', async ({ source, claim }) => {
  expect(ROWS.find(({ id }) => id === claim.row)?.has).toContain(source)
  const { rejected, kinds } = await outcomeOf(source, claim)
  expect(rejected).toBe(0)
  // Each type that is claimed is made, not only mentioned.
  expect(claim.makes.filter((made) => !kinds.some((kind) => isKind(kind, made)))).toEqual([])
  expect(existsSync(new URL(`../../${claim.test}`, import.meta.url))).toBe(true)
  const [file = ''] = claim.sample.split('/').at(-1)?.split('.') ?? []
  expect(readFileSync(new URL(`../../${claim.test}`, import.meta.url), 'utf8')).toContain(file)
})

test('what no message carries has no payload', () => {
  const claimed = ROWS.flatMap((row) => (row.uncarried ?? []).filter((source) => CLAIMS[source].some((claim) => claim.row === row.id)))
  expect(claimed).toEqual([])
})

test('each row has one name', () => {
  expect(new Set(ROWS.map(({ id }) => id)).size).toBe(ROWS.length)
})
