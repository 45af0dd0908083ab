/** What TypeScript cannot see in a mapping: elements that the resource type has not, and lists of names that fell behind. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import type { Patient } from '@medplum/fhirtypes'
import type { Plan } from '../../mappings/engine/build.ts'
import { definedMappings, mapping } from '../../mappings/engine/mapping.ts'
import { CONCEPT_MAPS, PROFILES, SITE_MAPS } from '../../mappings/engine/names.ts'
import '../../mappings/index.ts'
import { loadStructures } from '../../server/validation/definitions.ts'
import { createTypeTree, type TypeNode } from '../../server/validation/type-tree.ts'

const tree = createTypeTree(loadStructures())
const root = new URL('../../', import.meta.url)
const names = (folder: string): string[] => readdirSync(new URL(folder, root))

interface Structure {
  id: string
  type: string
}
const structures = names('profiles/generated')
  .filter((name) => name.startsWith('StructureDefinition-cn-'))
  .map((name) => JSON.parse(readFileSync(new URL(`profiles/generated/${name}`, root), 'utf8')) as Structure)
const profileTypes = new Map(structures.filter(({ type }) => type !== 'Extension').map(({ id, type }) => [id, type]))

/** Paths in a plan that the type does not have. What a rule's own code makes is seen by the conformance test. */
function unknownElements(plan: Plan, node: TypeNode): string[] {
  if (plan.kind === 'constant') return unknownMembers(plan.value, node)
  if (plan.kind === 'list') return plan.items.flatMap((item) => unknownElements(item, node))
  if (plan.kind === 'rule') return []
  return plan.members.flatMap(({ name, plan: member }) => below(name, node, (content) => unknownElements(member, content)))
}

function unknownMembers(value: unknown, node: TypeNode): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => unknownMembers(item, node))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => below(name, node, (content) => unknownMembers(member, content)))
}

function below(name: string, node: TypeNode, into: (content: TypeNode) => string[]): string[] {
  const key = node.keys.get(name)
  if (!key) return [`${node.path}.${name}`]
  const content = key.content()
  // References stand as keys until ingest resolves them.
  return content && content.path !== 'Reference' ? into(content) : []
}

const misspelt = (one: ReturnType<typeof definedMappings>[number]): string[] => {
  const node = tree.node(one.to)
  return node ? unknownElements(one.elements, node) : [one.to]
}

test('every mapping has only elements of its resource type, and profiles of that type', () => {
  const all = definedMappings()
  expect(all.length).toBeGreaterThan(30)
  expect(all.flatMap((one) => misspelt(one).map((path) => `${one.source}: ${path}`))).toEqual([])
  const wrong = all.flatMap((one) =>
    one.profiles.filter((profile) => profileTypes.get(profile) !== one.to).map((profile) => `${one.source}: ${profile}`),
  )
  expect(wrong).toEqual([])
})

test('a misspelt element is found at the top and below', () => {
  const made = mapping<{ XM?: string }, Patient>({
    source: 'test',
    to: 'Patient',
    id: 'patient',
    rules: (from) => ({ nmae: [{ text: from.text('XM') }], contact: [{ name: { txet: from.text('XM') } as object }] }),
  })
  expect(misspelt(made)).toEqual(['Patient.nmae', 'HumanName.txet'])
})

describe('lists of names', () => {
  test('every profile for a resource that is built, and no other', () => {
    expect([...PROFILES].sort()).toEqual([...profileTypes.keys()].sort())
  })
  test('every concept map that is shipped, and no other', () => {
    expect([...CONCEPT_MAPS].sort()).toEqual(
      names('terminology/maps')
        .map((name) => name.replace(/\.json$/, ''))
        .sort(),
    )
    expect(SITE_MAPS.filter((name) => (CONCEPT_MAPS as readonly string[]).includes(name))).toEqual([])
  })
})
