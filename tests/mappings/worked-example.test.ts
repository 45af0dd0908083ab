/**
 * docs/adding-a-source.md shows a table as it is in the tree: every block of it stands in the file it was taken from. Lists that
 * grow with each source are not printed, only what goes into them. The skeleton is in no file; what it imports is.
 */
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { SITE_MAPS } from '../../mappings/engine/names.ts'
import { neededOf } from '../../mappings/rhip/tables/index.ts'
import { LAYOUTS, MZ_MEDICAL_RECORD } from '../../mappings/rhip/tables/layouts.ts'

const read = (path: string, charset = 'utf-8'): string =>
  new TextDecoder(charset).decode(readFileSync(new URL(`../../${path}`, import.meta.url)))

const guide = read('docs/adding-a-source.md')
const blocks = [...guide.matchAll(/```(?:ts|csv)\n(.*?)```/gs)].map(([, text]) => text ?? '')

const SOURCES: readonly [path: string, charset?: string][] = [
  ['mappings/rhip/tables/outpatient-visit.ts'],
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

test('the lines of a dialect stand in the one of the tests', () => {
  const shown = [...guide.matchAll(/```csv ([a-z-]+)\/([a-z]+)\n(.*?)```/gs)]
  expect(shown.map(([, place, name]) => `${place}/${name}`)).toEqual([
    'linhai/columns',
    'linhai/values',
    'yiwu-lab/columns',
    'yunhai/rows',
    'yunhai/columns',
    'yiwu-lab/columns',
    'yunhai/columns',
    'taizhou/columns',
    'renji/segments',
    'shaoxing/fields',
    'shaoxing/values',
    'xiehe/codes',
  ])
  for (const [, place = '', name = '', lines = ''] of shown) {
    const file = read(`tests/fixtures/dialects/${place}/${name}.csv`, `${place}/${name}` === 'linhai/values' ? 'gb18030' : 'utf-8')
    const known = file.replaceAll('\r', '').split('\n')
    for (const line of lines.trim().split('\n')) expect(known).toContain(line)
  }
})

test('the tables of platforms are listed with what their rows must have', () => {
  const rows = [...guide.matchAll(/^\| `(TB_\w+)` \|[^|]*\|([^|]*)\|([^|]*)\|/gm)]
  expect(rows.map(([, name]) => name).toSorted()).toEqual(LAYOUTS.map(({ name }) => name).toSorted())
  const ofAll = ['YLJGYQDM', 'YLJGDM', 'XGBZ', 'CXBZ']
  for (const [, name = '', key = '', time = ''] of rows) {
    const columns = `${key} ${time}`.match(/[A-Z]+/g) ?? []
    const needed = neededOf(name).flat()
    expect([name, new Set([...ofAll, ...columns])]).toEqual([name, new Set(needed)])
  }
})

test('what the guide adds to a list stands in that list', () => {
  expect(guide).toContain("`'rhip-visit-type'` to `SITE_MAPS`")
  expect(SITE_MAPS).toContain('rhip-visit-type')
  expect(guide).toContain('list `LAYOUTS` below, here `MZ_MEDICAL_RECORD`')
  expect(LAYOUTS).toContain(MZ_MEDICAL_RECORD)
})

test('the skeleton imports what is there', async () => {
  const skeleton = /```ts skeleton\n(.*?)```/s.exec(guide)?.[1] ?? ''
  const imports = [...skeleton.matchAll(/^import \{ (.*?) \} from '(.*?)'$/gm)]
  expect(imports).toHaveLength(4)
  for (const [, names = '', path = ''] of imports) {
    const url = new URL(path, new URL('../../mappings/hospital/hl7v2/', import.meta.url))
    expect(Object.keys((await import(url.href)) as object)).toEqual(expect.arrayContaining(names.split(', ')))
  }
})
