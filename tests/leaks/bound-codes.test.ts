/** Verdicts tell nothing of definitions that are hidden from somebody: they count for nobody (L01, L37). */
import { expect, test } from '@jest/globals'
import { custody } from '../consent/resources.ts'
import { sameInBoth, setting, type World } from './worlds.ts'

const TYPES = 'https://fhir-cn.example/ValueSet/cn-location-type'

/** About a patient who does not share, by an extension: hidden as any record of him is. */
const about = (w: World) => ({
  meta: custody('H1'),
  extension: [{ url: 'urn:test:about', valueReference: { reference: `Patient/p2-${w}` } }],
})

const held = setting(
  () => [],
  (w) => [
    {
      resourceType: 'ValueSet',
      id: `types-${w}`,
      url: TYPES,
      status: 'active',
      ...about(w),
      compose: { include: [{ system: 'urn:test:places', concept: [{ code: 'hut' }] }] },
    },
    {
      resourceType: 'CodeSystem',
      id: `system-${w}`,
      url: `urn:test:system-${w}`,
      name: 'x',
      status: 'active',
      content: 'complete',
      ...about(w),
      concept: [{ code: 'known' }],
    },
  ],
)

const place = (code: string) => ({
  resourceType: 'Location',
  meta: { profile: ['https://fhir-cn.example/StructureDefinition/cn-location'] },
  identifier: [{ system: 'urn:test', value: '1' }],
  name: 'x',
  physicalType: { coding: [{ system: 'urn:test:places', code }] },
  managingOrganization: { reference: 'Organization/H2' },
})

test.each(['hut', 'other'])('of code %s: as in a world without the value set, and for who may see it too', async (code) => {
  const call = (token: string) => () => ({ method: 'POST', token, body: place(code) })
  const seen = []
  for (const token of [held.doctor, held.loader])
    seen.push((await sameInBoth(held, () => '/fhir/Location/$validate', call(token))).text.includes('"binding"'))
  expect(seen).toEqual([true, true])
})

test.each(['known', 'unknown'])('code %s of a code system that is hidden', async (code) => {
  const answer = await sameInBoth(
    held,
    () => '/fhir/Basic/$validate',
    (w) => ({ method: 'POST', body: { resourceType: 'Basic', code: { coding: [{ system: `urn:test:system-${w}`, code }] } } }),
  )
  expect(answer.text).not.toContain('code-unknown')
})
