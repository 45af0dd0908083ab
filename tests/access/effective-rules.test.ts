/** Which versions count, and what is kept of their dates (consent.md 3.4 steps 1 and 2). */
import { describe, expect, test } from '@jest/globals'
import { compileConsent } from '../../server/access/consent-compile.ts'
import { type ConsentVersion, normaliseRules } from '../../server/access/effective-rules.ts'
import { birthdayAt, effectiveRules } from '../../server/access/person-rules.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { zoneOf } from '../../server/fhir/zone.ts'

const NOW = Date.parse('2025-06-01T00:00:00Z')
const shanghai = zoneOf('Asia/Shanghai')
const root = { effect: 'permit' as const, criteria: {}, nested: [] }

const version = (series: string, at: string, extra: Partial<ConsentVersion> = {}): ConsentVersion => ({
  series,
  at: Date.parse(at),
  status: 'active',
  rule: { root },
  ...extra,
})

describe('series', () => {
  test('no consent, no rule', () => expect(normaliseRules([], NOW)).toEqual([]))

  test('the newest version counts; dates become ranks', () => {
    const rules = normaliseRules([version('a', '2025-01-01'), version('a', '2024-01-01'), version('b', '2025-02-01')], NOW)
    expect(rules).toEqual([
      { series: 0, rank: 0, root },
      { series: 1, rank: 1, root },
    ])
  })

  test.each(['inactive', 'proposed'])('a newest version that is %s ends the series', (status) => {
    expect(normaliseRules([version('a', '2025-01-01'), version('a', '2025-02-01', { status })], NOW)).toEqual([])
  })

  test.each(['draft', 'entered-in-error'])('a version that is %s is as if it were not there', (status) => {
    expect(normaliseRules([version('a', '2025-01-01'), version('a', '2025-02-01', { status })], NOW)).toHaveLength(1)
  })

  test('what begins later is kept with its beginning, what ends then too', () => {
    const rules = normaliseRules([version('a', '2025-01-01'), version('a', '2025-07-01', { status: 'inactive' })], NOW)
    expect(rules).toEqual([
      { series: 0, rank: 0, root },
      { series: 0, rank: 1, notBefore: Date.parse('2025-07-01'), silent: true },
    ])
  })

  test('what was said after a permit that begins later stands before it, and in its series ends it', () => {
    const forward = version('a', '2025-07-01', { said: Date.parse('2025-01-01') })
    expect(normaliseRules([forward, version('a', '2025-02-01', { status: 'inactive' })], NOW)).toEqual([])
    const [permit, other] = normaliseRules([forward, version('b', '2025-02-01')], NOW)
    expect((permit?.permitRank ?? permit?.rank ?? 0) < (other?.rank ?? 0)).toBe(true)
    const mixed = { effect: 'deny' as const, criteria: {}, nested: [root] }
    expect(normaliseRules([{ ...forward, rule: { root: mixed } }, version('a', '2025-02-01', { status: 'inactive' })], NOW)).toEqual([])
  })

  test('a permit that begins later than a refusal that does, and was said before its day: the refusal holds, then and made anew', () => {
    const deny = { effect: 'deny' as const, criteria: {}, nested: [] }
    const said = { said: Date.parse('2025-01-01') }
    const both = [version('a', '2025-07-01', { ...said, rule: { root: deny } }), version('a', '2025-08-01', said)]
    for (const now of [NOW, Date.parse('2025-09-01')])
      expect(normaliseRules(both, now).map(({ root: base }) => base?.effect)).toEqual(['deny'])
  })

  test('a plain refusal that begins later is not ended by what is said before', () => {
    const deny = { effect: 'deny' as const, criteria: {}, nested: [] }
    const forward = version('a', '2025-07-01', { said: Date.parse('2025-01-01'), rule: { root: deny } })
    const rules = normaliseRules([forward, version('a', '2025-02-01')], NOW)
    expect(rules.map(({ notBefore, root: base }) => [notBefore, base?.effect])).toEqual([
      [undefined, 'permit'],
      [Date.parse('2025-07-01'), 'deny'],
    ])
  })

  test('of a period only the end that is to come stays', () => {
    const period = { from: Date.parse('2025-01-01'), until: Date.parse('2026-01-01') }
    expect(normaliseRules([version('a', '2025-01-01', { rule: { root, period } })], NOW)[0]?.period).toEqual({ until: period.until })
    const past = { ...period, until: Date.parse('2025-05-01') }
    expect(normaliseRules([version('a', '2025-01-01', { rule: { root, period: past } })], NOW)[0]).toEqual({
      series: 0,
      rank: 0,
      silent: true,
    })
  })

  const dissent = { effect: 'deny' as const, criteria: {}, nested: [] }
  const byH2 = { rule: { recorder: 'H2' }, by: 'H2' }
  const stands = { series: 0, rank: 0, root: dissent, noPermit: true }

  test.each<[string, Partial<ConsentVersion>]>([
    ['inactive', { status: 'inactive', ...byH2 }],
    ['not verified', { ...byH2, rule: { recorder: 'H2', silent: true }, unverified: true }],
    ['not verified, of another who records for the patient', { by: '~guardian', rule: { silent: true }, unverified: true }],
    ['to come', { status: 'inactive', at: Date.parse('2025-07-01'), ...byH2 }],
  ])('a version of another recorder, %s, does not end a dissent, for nobody', (_name, ended) => {
    const rules = normaliseRules(
      [version('a', '2025-01-01', { rule: { root: dissent }, by: '~patient' }), version('a', '2025-02-01', ended)],
      NOW,
    )
    expect(rules).toContainEqual(expect.objectContaining({ root: dissent, noPermit: true }))
    expect(rules.filter((rule) => rule.silent).every(({ series }) => series !== rules.find((rule) => rule.noPermit)?.series)).toBe(true)
  })

  test('nor does a permit', () => {
    const grant = { rule: { root, recorder: 'H2' }, by: 'H2' }
    const rules = normaliseRules([version('a', '2025-01-01', { rule: { root: dissent } }), version('a', '2025-02-01', grant)], NOW)
    expect(rules).toEqual([
      { series: 0, rank: 1, root, recorder: 'H2' },
      { ...stands, series: 1 },
    ])
  })

  test('its own recorder ends it, and who records for the patient with a proof', () => {
    const first = version('a', '2025-01-01', { rule: { root: dissent, recorder: 'H2' }, by: 'H2' })
    const byPatient = { status: 'inactive', rule: {}, by: '~patient' }
    expect(normaliseRules([first, version('a', '2025-02-01', { status: 'inactive', ...byH2 })], NOW)).toEqual([])
    expect(normaliseRules([first, version('a', '2025-02-01', byPatient)], NOW)).toEqual([])
    expect(normaliseRules([first, version('a', '2025-02-01', { ...byPatient, unverified: true })], NOW)).toHaveLength(1)
    const later = version('a', '2025-03-01', byPatient)
    expect(normaliseRules([first, version('a', '2025-02-01', { status: 'inactive', ...byH2, by: 'H3' }), later], NOW)).toEqual([])
  })

  test('a day without a time ends what was given earlier that day, and comes after it', () => {
    const grant = version('a', '2025-01-01T10:00:00Z')
    const day = { latest: Date.parse('2025-01-01T23:59:59.999Z') }
    expect(normaliseRules([grant, version('a', '2025-01-01', { status: 'inactive', ...day })], NOW)).toEqual([])
    const other = normaliseRules([grant, version('b', '2025-01-01', { rule: { root: dissent }, ...day })], NOW)
    expect(other.map(({ rank, permitRank }) => [rank, permitRank])).toEqual([
      [2, 0],
      [1, undefined],
    ])
    const next = normaliseRules([version('a', '2025-01-02'), version('b', '2025-01-01', { rule: { root: dissent }, ...day })], NOW)
    expect(next.map(({ rank, permitRank }) => [rank, permitRank])).toEqual([
      [1, undefined],
      [0, undefined],
    ])
  })
})

describe('dates', () => {
  const consent = (extra: object): FhirResource => ({
    resourceType: 'Consent',
    status: 'active',
    scope: { coding: [{ code: 'research' }] },
    patient: { reference: 'Patient/p' },
    performer: [{ reference: 'Patient/p' }],
    dateTime: '2025-01-01',
    policyRule: { coding: [{ code: 'OPTIN' }] },
    ...extra,
  })
  const compiled = (extra: object) => compileConsent(consent(extra), '', shanghai)?.version

  test('a period of days ends with its last day, in the zone of the site', () => {
    const found = compiled({ provision: { period: { start: '2025-01-01', end: '2025-06-01' } } })
    expect(found?.rule.period).toEqual({ from: Date.parse('2024-12-31T16:00:00Z'), until: Date.parse('2025-06-01T16:00:00Z') })
  })

  test('a period that cannot be read keeps a permit from permitting and a deny in force', () => {
    const found = compiled({ provision: { period: { end: 'some day' } } })
    expect(found?.rule).toMatchObject({ noPermit: true })
    expect(found?.rule.period).toBeUndefined()
  })

  test('the 14th birthday of a child that consented alone', () => {
    const found = compileConsent(consent({}), '', shanghai)
    if (!found) throw new Error('not compiled')
    const kept = { id: 'c', v: 1, patient: 'p', version: found.version, alone: true as const }
    expect(effectiveRules([kept], '2015-03-01', NOW, shanghai)[0]?.permitsFrom).toBe(Date.parse('2029-02-28T16:00:00Z'))
    expect(effectiveRules([kept], '2005-03-01', NOW, shanghai)[0]?.permitsFrom).toBeUndefined()
  })

  test('born on 29 February: of age on 1 March', () => {
    expect(birthdayAt('2012-02-29', 14, zoneOf('UTC'))).toBe(Date.parse('2026-03-01T00:00:00Z'))
  })
})

describe('what is not understood', () => {
  const ruleOf = (extra: object) =>
    compileConsent(
      {
        resourceType: 'Consent',
        status: 'active',
        scope: { coding: [{ code: 'research' }] },
        patient: { reference: 'Patient/p' },
        performer: [{ reference: 'Patient/p' }],
        dateTime: '2025-01-01',
        ...extra,
      },
      '',
      shanghai,
    )?.version.rule

  test.each([
    ['an unknown policy rule denies', { policyRule: { coding: [{ code: 'XYZ' }] } }, { effect: 'deny' }],
    [
      'a root type of its own is stronger',
      { policyRule: { coding: [{ code: 'OPTIN' }] }, provision: { type: 'deny' } },
      { effect: 'deny' },
    ],
    [
      'an extension that nobody knows',
      { policyRule: { coding: [{ code: 'OPTIN' }] }, provision: { extension: [{ url: 'urn:x' }] } },
      { criteria: { unknown: true } },
    ],
    [
      'a code without a coding',
      { policyRule: { coding: [{ code: 'OPTIN' }] }, provision: { code: [{ text: '糖尿病' }] } },
      { criteria: { unknown: true } },
    ],
    [
      'an actor in another role',
      {
        policyRule: { coding: [{ code: 'OPTIN' }] },
        provision: { actor: [{ role: { coding: [{ code: 'AUT' }] }, reference: { reference: 'Organization/H2' } }] },
      },
      { criteria: { unknown: true } },
    ],
  ])('%s', (_name, extra, expected) => expect(ruleOf(extra)?.root).toMatchObject(expected))

  test('an acknowledgement of a notice decides nothing', () => {
    expect(ruleOf({ policyRule: { coding: [{ code: 'NOPP' }] } })).toEqual({ silent: true })
  })

  test('a treatment consent is none of ours', () => {
    expect(compileConsent({ resourceType: 'Consent', scope: { coding: [{ code: 'treatment' }] } }, '', shanghai)).toBeUndefined()
  })

  test('given by somebody else and not verified: not in force', () => {
    expect(ruleOf({ policyRule: { coding: [{ code: 'OPTIN' }] }, performer: [{ reference: 'RelatedPerson/r' }] })).toEqual({ silent: true })
  })
})

describe('what is not understood keeps a permit from permitting', () => {
  const EXTENSION = { url: 'http://example.org/unknown', valueString: 'x' }
  const ACT = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
  const consent = (change: object = {}, provision: object = {}, actor: object = {}): FhirResource =>
    ({
      resourceType: 'Consent',
      status: 'active',
      scope: { coding: [{ code: 'patient-privacy' }] },
      patient: { reference: 'Patient/p' },
      dateTime: '2025-01-01T00:00:00Z',
      performer: [{ reference: 'Patient/p' }],
      policyRule: { coding: [{ system: ACT, code: 'OPTIN' }] },
      provision: {
        purpose: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' }],
        actor: [{ role: { coding: [{ code: 'IRCP' }] }, reference: { reference: 'Organization/H2' }, ...actor }],
        ...provision,
      },
      ...change,
    }) as FhirResource
  const noPermit = (resource: FhirResource) => compileConsent(resource, '', shanghai)?.version.rule.noPermit

  test('understood', () => {
    expect(noPermit(consent())).toBeUndefined()
    expect(noPermit(consent({ text: { status: 'generated', extension: [EXTENSION] }, meta: { extension: [EXTENSION] } }))).toBeUndefined()
    const known = { extension: [{ url: 'https://fhir-cn.example/StructureDefinition/cn-notice-version', valueString: '2' }] }
    expect(noPermit(consent(known))).toBeUndefined()
  })

  test.each<[string, FhirResource]>([
    ['implicitRules', consent({ implicitRules: 'http://example.org/rules' })],
    ['a modifier of the Consent', consent({ modifierExtension: [EXTENSION] })],
    ['an extension of the Consent', consent({ extension: [EXTENSION] })],
    ['an extension of the policy', consent({ policyRule: { extension: [EXTENSION], coding: [{ system: ACT, code: 'OPTIN' }] } })],
    ['an extension of the status', consent({ _status: { extension: [EXTENSION] } })],
    ['an extension of the time', consent({ _dateTime: { extension: [EXTENSION] } })],
    ['a modifier of an actor', consent({}, {}, { modifierExtension: [EXTENSION] })],
    ['an extension of an actor', consent({}, {}, { extension: [EXTENSION] })],
    ['an extension of a reference', consent({}, {}, { reference: { reference: 'Organization/H2', extension: [EXTENSION] } })],
    ['a study beside the provision', consent({ extension: [{ url: 'https://fhir-cn.example/StructureDefinition/cn-consent-study' }] })],
    [
      'a form beside the provision',
      consent({ policyRule: { extension: [{ url: 'https://fhir-cn.example/StructureDefinition/cn-data-form' }] } }),
    ],
    ['a model of the root', consent({}, { extension: [{ url: 'https://fhir-cn.example/StructureDefinition/cn-meta-model' }] })],
    ['a policy of another system', consent({ policyRule: { coding: [{ system: 'urn:foo', code: 'OPTIN' }] } })],
    ['a scope of another system', consent({ scope: { coding: [{ system: 'urn:foo', code: 'research' }, { code: 'patient-privacy' }] } })],
    ['a label of another system', consent({}, { securityLabel: [{ system: 'urn:foo', code: 'HIV' }] })],
    ['a role of another system', consent({}, {}, { role: { coding: [{ system: 'urn:foo', code: 'IRCP' }] } })],
    ['an extension of a purpose', consent({}, { purpose: [{ code: 'TREAT', extension: [EXTENSION] }] })],
  ])('%s', (_name, resource) => expect(noPermit(resource)).toBe(true))

  test.each([['NOPP'], ['SOMETHING']])('a policy beside %s', (code) => {
    const policyRule = { coding: ['OPTIN', code].map((one) => ({ system: ACT, code: one })) }
    expect(compileConsent(consent({ policyRule }), '', shanghai)?.version.rule.root).toMatchObject({ effect: 'deny' })
  })

  test('two policies that contradict each other', () => {
    const rule = compileConsent(
      consent({ policyRule: { coding: ['OPTIN', 'OPTOUT'].map((code) => ({ system: ACT, code })) } }),
      '',
      shanghai,
    )
    expect(rule?.version.rule.root).toMatchObject({ effect: 'deny', criteria: { unknown: true } })
  })
})
