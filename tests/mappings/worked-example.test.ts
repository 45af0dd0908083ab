/** docs/adding-a-source.md shows a table as it is in the tree: every block of it stands in the file it was taken from. */
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'

const read = (path: string, charset = 'utf-8'): string =>
  new TextDecoder(charset).decode(readFileSync(new URL(`../../${path}`, import.meta.url)))

const blocks = [...read('docs/adding-a-source.md').matchAll(/```(?:ts|csv)\n(.*?)```/gs)].map(([, text]) => text ?? '')

const SOURCES: readonly [path: string, charset?: string][] = [
  ['mappings/rhip/tables/outpatient-visit.ts'],
  ['mappings/engine/names.ts'],
  ['mappings/rhip/tables/layouts.ts'],
  ['mappings/rhip/tables/identity.ts'],
  ['mappings/rhip/tables/index.ts'],
  ['tests/fixtures/samples/rhip/20260310/TB_YL_MZ_MEDICAL_RECORD.csv', 'gb18030'],
  ['tests/mappings/rhip/outpatient-visit.test.ts'],
]

test('there is a block of each file', () => {
  expect(blocks).toHaveLength(SOURCES.length)
})

test.each(SOURCES.map(([path, charset], at) => ({ path, charset, block: blocks[at] ?? '' })))('$path', ({ path, charset, block }) => {
  expect(block.length).toBeGreaterThan(50)
  expect(read(path, charset)).toContain(block)
})
