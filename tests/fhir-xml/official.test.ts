/**
 * Every example that HL7 publishes with R4: JSON to XML and back is the same, element for element and digit for digit. The ten
 * bundles of what stands in files of its own too are left to `npm run check:examples`.
 */
import { describe, expect, test } from '@jest/globals'
import { fromXml } from '../../server/fhir-xml/from-xml.ts'
import { membersOf, types } from '../../server/fhir-xml/members.ts'
import { toXml } from '../../server/fhir-xml/to-xml.ts'
import { compactJson } from '../../server/fhir/resource-text.ts'
import { exampleFiles, exampleText, LARGE } from '../validation/official-examples.ts'
import { isSame } from './same.ts'

const files = exampleFiles().filter((file) => !LARGE.test(file))

test('there are all of them', () => {
  expect(files.length).toBeGreaterThan(5290)
})

test('are the same after a way through XML', () => {
  const changed = files.filter((file) => {
    const json = compactJson(exampleText(file))
    return !isSame(fromXml(Buffer.from(toXml(json))), json)
  })
  expect(changed).toEqual([])
}, 240_000)

test('are the same in lines', () => {
  const clinical = files.filter((file) => /^(?:Patient|Observation|MedicationRequest|Parameters|QuestionnaireResponse)-/.test(file))
  expect(clinical.length).toBeGreaterThan(100)
  for (const file of clinical) {
    const json = compactJson(exampleText(file))
    const xml = toXml(json, { pretty: true })
    expect([file, isSame(fromXml(Buffer.from(xml)), json)]).toEqual([file, true])
    expect(xml.split('\n').length).toBeGreaterThan(5)
  }
})

describe('what the StructureDefinitions say about XML', () => {
  interface Definition {
    type: string
    kind: string
    derivation?: string
    snapshot: { element: { path: string; representation?: string[]; base: { path: string } }[] }
  }
  const definitions = files
    .filter((file) => file.startsWith('StructureDefinition-'))
    .map((file) => JSON.parse(exampleText(file)) as Definition)
    .filter(({ kind, derivation }) => (kind === 'resource' || kind === 'complex-type') && derivation !== 'constraint')

  /** Elements right below a path, in their order, with what is an attribute. */
  const childrenOf = ({ snapshot }: Definition, path: string): [string, boolean][] =>
    snapshot.element
      .filter((element) => element.path.slice(0, element.path.lastIndexOf('.')) === path)
      .map(({ path: own, representation }) => [own.slice(path.length + 1).replace('[x]', ''), representation?.includes('xmlAttr') === true])

  /** The same as the converter has it. */
  function known(path: string): [string, boolean][] {
    const [type = '', ...steps] = path.split('.')
    let node = types().node(type)
    for (const step of steps) node = node?.keys.get(step)?.content()
    const names = new Map<string, boolean>()
    for (const { info, isAttribute, order } of node ? membersOf(node).values() : []) {
      expect(order).toBe(names.has(info.element.name) ? names.size - 1 : names.size)
      names.set(info.element.name, isAttribute)
    }
    return [...names]
  }

  test('is what the converter does: the order of elements, and which are attributes', () => {
    let compared = 0
    for (const definition of definitions) {
      if (!types().node(definition.type)) continue
      const paths = new Set(definition.snapshot.element.map(({ path }) => path.slice(0, Math.max(path.lastIndexOf('.'), 0))))
      for (const path of paths) {
        if (path === '') continue
        compared++
        expect([path, known(path)]).toEqual([path, childrenOf(definition, path)])
      }
    }
    expect(compared).toBeGreaterThan(600)
  })
})
