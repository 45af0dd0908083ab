/** A consent that names a profile means what claims its minimal form, too: what a source knew less of is no way around a refusal. */
import { expect, test } from '@jest/globals'
import { structureDefinition } from '../../server/fhir/canonical.ts'
import { fullOf, minimalOf, PAIRED } from '../../server/fhir/profile-pairs.ts'
import { readGenerated } from '../../server/validation/profile-definitions.ts'
import { consentFromCase } from './consent-from-case.ts'
import { actor, encounter, patient, researcher, sees, site, study } from './fixture.ts'

const at = site()
const LAB = structureDefinition('cn-observation-lab')
const observation = (id: string, profile: string) => ({
  resourceType: 'Observation',
  id,
  meta: { profile: [profile] },
  status: 'final',
  code: { text: 'x' },
  subject: { reference: 'Patient/p1' },
})

test('a refusal of laboratory results hides both forms', async () => {
  await at.put('', [study('S1')])
  await at.put('H1', [
    patient('p1'),
    encounter('p1-e', 'p1'),
    observation('full', LAB),
    observation('less', minimalOf(LAB)),
    observation('other', structureDefinition('cn-vital-sign')),
  ])
  const consent = consentFromCase(
    {
      id: 'c1',
      series: 'c1',
      patient: 'p1',
      status: 'active',
      dateTime: '2025-01-01',
      performer: 'patient',
      verified: true,
      policyRule: 'OPTIN',
      provision: { purpose: ['HRESCH'], form: ['PSEUD'], provision: [{ type: 'deny', class: [LAB] }] },
    },
    'c1',
  )
  await at.put('', [consent], actor('patient', { patient: 'p1' }))
  await at.access.relabelled()
  const seen = (id: string) => sees(at.access, at.store, researcher(), 'Observation', id)
  expect([await seen('other'), await seen('full'), await seen('less')]).toEqual([true, false, false])
})

test('the pairs are those of the profiles', () => {
  const urls = readGenerated().map(({ url }) => url)
  const minimal = urls.filter((url) => url.endsWith('-minimal'))
  expect(minimal.map(fullOf).sort()).toEqual(PAIRED.map(structureDefinition).sort())
  expect(minimal.map((url) => minimalOf(fullOf(url)))).toEqual(minimal)
  expect(urls.filter((url) => !minimal.includes(url)).every((url) => fullOf(url) === url)).toBe(true)
})
