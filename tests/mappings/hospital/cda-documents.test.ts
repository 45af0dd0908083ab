/**
 * The 53 documents of WS/T 500, each with every data element of the standard filled (cda-documents.ts): no element is lost from the document,
 * clinical facts have resources of their own, all of it is valid, and nothing is left unread.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import type { MappedRecord } from '../../../mappings/engine/types.ts'
import { DOCUMENTS } from '../../../mappings/hospital/cda/documents.ts'
import { hospitalCda } from '../../../mappings/hospital/cda/index.ts'
import { brokenRules, context, ofType, plain, readAll } from '../support.ts'
import { documentXml, elementsOf, fileOf, FURTHER, furtherXml, TYPES } from './cda-documents.ts'
import type { Filled } from './cda-values.ts'
import { invalid, unresolved } from './rules.ts'
import { SAID_OTHERWISE, WORDS_ONLY } from './cda-words.ts'

const hospital = context('hospital', 'H1')

const read = async (type: string): Promise<MappedRecord> => {
  const { mapped, rejected } = await readAll(hospitalCda, documentXml(type), { context: hospital })
  expect(rejected).toEqual([])
  return mapped[0] as MappedRecord
}

/** What a section shows of an element: its name, then its value. */
const line = ({ displayName, name, shown, code }: Filled): string[] => {
  const label = displayName === '' ? [DEFAULT_NAMES[name] ?? name] : [displayName]
  const value = code === undefined || code === shown ? shown : `${shown}（${code}）`
  return label.map((one) => `${one}：${value}`)
}
/** Names of elements that the documents leave empty, by hand from WS 363. */
const DEFAULT_NAMES: Readonly<Record<string, string>> = {
  'DE02.10.023.00': '过敏史标志',
  'DE04.50.001.00': 'ABO血型',
  'DE04.50.010.00': 'Rh(D)血型',
  'DE05.01.024.00': '诊断编码',
  'DE06.00.106.00': '输血史标识',
}

test('the documents that are known are those of the standard', () => {
  expect(Object.keys(DOCUMENTS)).toEqual(TYPES)
  expect(TYPES).toHaveLength(53)
})

test('the samples are what the generator writes (npm run build:cda)', () => {
  expect(TYPES.filter((type) => readFileSync(fileOf(type), 'utf8') !== documentXml(type))).toEqual([])
  expect(FURTHER.filter((name) => readFileSync(fileOf(name), 'utf8') !== furtherXml(name))).toEqual([])
})

/** Text of the sections as readers see it. */
function narrative(record: MappedRecord): string {
  const texts: string[] = []
  const walk = (sections: unknown): void => {
    for (const one of (sections ?? []) as { text?: { div: string }; section?: unknown }[]) {
      if (one.text) texts.push(one.text.div)
      walk(one.section)
    }
  }
  walk(plain(ofType(record, 'Composition')[0]).section)
  return texts
    .join('\n')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
}

const DOCUMENT = new Set(['Composition', 'DocumentReference', 'Binary', 'Practitioner', 'Organization', 'Location'])

/** Whether a resource beside the document says it: in other words, under the element's code, or by a value that only this element has. */
function isDiscrete(one: Filled, resources: string): boolean {
  const otherwise = SAID_OTHERWISE[one.element]
  if (otherwise !== undefined && resources.includes(otherwise)) return true
  if (one.type === 'ST' || one.type === 'TS' || (one.type === 'CD' && one.shown.includes(one.name))) return resources.includes(one.shown)
  if (resources.includes(`"code":"${one.element}"`)) return true
  const value = one.code ?? one.shown
  return one.type !== 'BL' && [`"${value}"`, `:${value}`, `：${value}"`].some((said) => resources.includes(said))
}

describe.each(TYPES)('%s', (type) => {
  test('every element stands in its section', async () => {
    const text = narrative(await read(type))
    expect(
      elementsOf(type)
        .flatMap(line)
        .filter((one) => !text.includes(one)),
    ).toEqual([])
  })

  test('facts have resources of their own; words stay words', async () => {
    const record = await read(type)
    const resources = record.resources
      .filter(({ resource, placeholder }) => !placeholder && !DOCUMENT.has(resource.resourceType))
      .map((each) => JSON.stringify(plain(each)))
      .join('\n')
    const elements = elementsOf(type)
    const names = (of: readonly Filled[]): string[] => of.map(({ element, name }) => `${element} ${name}`)
    const words = elements.filter(({ element, name }) => WORDS_ONLY[element]?.includes(name))
    expect(names(elements.filter((one) => !isDiscrete(one, resources)))).toEqual(names(words))
  })

  test('valid, whole, read to the end', async () => {
    const record = await read(type)
    expect(record.recordType).toBe(type)
    expect(brokenRules(record)).toEqual([])
    expect(unresolved(record)).toEqual([])
    expect(invalid(record)).toEqual([])
    expect(record.unread).toEqual([])
    expect(record.issues).toEqual([])
  })
})
