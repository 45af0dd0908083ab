/** The pseudonymised form and the profiles of de-identified data (`cn-…-deid`) say the same, each in its own way. */
import { describe, expect, test } from '@jest/globals'
import { keptElements } from '../../server/access/deidentify-elements.ts'
import { createPseudonymiser } from '../../server/access/pseudonymise.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { type ProfileDefinition, readGenerated } from '../../server/validation/profile-definitions.ts'
import { createValidator } from '../../server/validation/validator.ts'
import { ALL } from '../profiles/cases/all.ts'
import { researcher } from './fixture.ts'

const validator = createValidator()
const masker = createPseudonymiser(new Uint8Array(32).fill(3), () => new Date('2026-06-01T00:00:00Z'))
const forms = readGenerated().filter(
  (each): each is ProfileDefinition => each.resourceType === 'StructureDefinition' && each.url.endsWith('-deid'),
)
const named = forms.map((form) => [form.type, form] as const)

/** They are in every resource, whatever its form. */
const ALWAYS = ['id', 'meta', 'implicitRules', 'language']
const upper = (type: string) => `${type[0]?.toUpperCase()}${type.slice(1)}`

/** JSON keys of the root that the profile leaves open. */
const openKeys = ({ type, snapshot }: ProfileDefinition): string[] =>
  snapshot.element
    .filter(({ id, max }) => id.split('.').length === 2 && id.startsWith(`${type}.`) && max !== '0')
    .flatMap(({ id, type: types = [] }) => {
      const name = id.slice(type.length + 1)
      return name.endsWith('[x]') ? types.map(({ code }) => `${name.slice(0, -3)}${upper(code)}`) : [name]
    })

test.each(named)('%s: the same elements may stay', (type, form) => {
  expect(openKeys(form).sort()).toEqual([...(keptElements(type) ?? []), ...ALWAYS].sort())
})

const masked = (resource: FhirResource): FhirResource =>
  JSON.parse(masker.mask(researcher(), JSON.stringify({ id: 'x', ...resource }), { p: ['p1'], s: 1, e: [], o: 'H1' }))

describe.each(named)('%s', (type, { url }) => {
  const examples = ALL.filter(({ id, valid }) => valid.resourceType === type && !id.endsWith('-deid')).map(({ valid }) => valid)

  test('what is masked keeps to the profile', () => {
    expect(examples.length).toBeGreaterThan(0)
    const found = examples.flatMap((example) =>
      validator.validate(masked(example), { mode: 'create', profiles: [url] }).filter(({ severity }) => severity === 'error'),
    )
    expect(found).toEqual([])
  })

  test('what is not masked does not', () => {
    for (const example of examples) {
      const issues = validator.validate(example, { mode: 'create', profiles: [url] }).filter(({ profile }) => profile === url)
      expect(issues).not.toEqual([])
    }
  })
})
