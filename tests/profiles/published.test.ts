/** What is committed under profiles/generated, and what profiles/README.md says of it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { publish } from '../../profiles/publish.ts'
import { BASE } from '../../server/fhir/canonical.ts'
import { readGenerated } from '../../server/validation/profile-definitions.ts'
import { exampleFiles, readExamples } from './examples.ts'

const generated = readGenerated()
const structures = generated.filter((each) => each.resourceType === 'StructureDefinition')
const ids = structures.map((each) => each.url.slice(each.url.lastIndexOf('/') + 1))
const profiles = join(import.meta.dirname, '..', '..', 'profiles')

describe('generated definitions', () => {
  test('have our canonical, or the OID of a national table', () => {
    const others = generated
      .map((each) => each.url)
      .filter((url) => !url.startsWith(`${BASE}/`) && !url.startsWith('urn:oid:2.16.156.10011.'))
    expect(others).toEqual([])
  })

  test('have snapshots', () => {
    expect(structures.filter((each) => each.snapshot.element.length === 0)).toEqual([])
  })

  test('have no canonical twice', () => {
    expect(new Set(generated.map((each) => each.url)).size).toBe(generated.length)
  })

  test('name each invariant once', () => {
    const expressions = new Map<string, Set<string>>()
    for (const element of structures.flatMap((each) => each.snapshot.element)) {
      for (const { key, expression } of (element.constraint ?? []).filter((c) => c.source?.startsWith(BASE))) {
        const known = expressions.get(key) ?? new Set<string>()
        expressions.set(key, known.add(expression ?? ''))
      }
    }
    expect([...expressions].filter(([, found]) => found.size > 1).map(([key]) => key)).toEqual([])
    expect(expressions.size).toBeGreaterThan(40)
  })

  test('every id of the sources is there', () => {
    const sources = readdirSync(join(profiles, 'fsh')).map((file) => readFileSync(join(profiles, 'fsh', file), 'utf8'))
    const declared = sources.flatMap((text) =>
      [...text.matchAll(/^(?:Profile|Extension): .*(?:\n.*)*?\nId: (\S+)/gm)].map((match) => match[1]),
    )
    expect(declared.sort()).toEqual([...ids].sort())
  })
})

describe('profiles/README.md', () => {
  const text = readFileSync(join(profiles, 'README.md'), 'utf8')

  test('names every profile and extension', () => {
    expect(ids.filter((id) => !text.includes(id))).toEqual([])
  })

  test('names no other extension', () => {
    const table = text.slice(text.indexOf('## Extensions'), text.indexOf('##', text.indexOf('## Extensions') + 3))
    const named = [...table.matchAll(/^\| (cn-[\w, -]+?) \|/gm)].flatMap((match) => (match[1] ?? '').split(', '))
    expect(named.filter((id) => !ids.includes(id))).toEqual([])
    expect(named.length).toBeGreaterThan(30)
  })
})

test('the files of examples are those of the cases', () => {
  expect([...readExamples()]).toEqual([...exampleFiles()])
})

test('publishing keeps rules and drops notes', () => {
  const element = { id: 'Patient.name', min: 1, comment: 'x', mapping: [], constraint: [{ key: 'a' }] }
  const text = publish({ resourceType: 'StructureDefinition', mapping: [], snapshot: { element: [element] } })
  expect(JSON.parse(text)).toEqual({
    resourceType: 'StructureDefinition',
    snapshot: { element: [{ id: 'Patient.name', min: 1, constraint: [{ key: 'a' }] }] },
  })
  expect(text.endsWith('\n')).toBe(true)
})
