/** Every consent case again, from Consents in FHIR's own shape. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { compileConsent } from '../../server/access/consent-compile.ts'
import { decide } from '../../server/access/decide.ts'
import { effectiveRules } from '../../server/access/person-rules.ts'
import { resolveRules } from '../../server/access/resolve.ts'
import type { KeptConsent } from '../../server/access/tables.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { zoneOf } from '../../server/fhir/zone.ts'
import { type ConsentCase, factsOf, questionOf } from './case-notation.ts'
import { consentFromCase } from './consent-from-case.ts'

const cases = JSON.parse(readFileSync(new URL('../cases/consent-cases.json', import.meta.url), 'utf8')) as ConsentCase[]
const utc = zoneOf('UTC')

function kept(one: ConsentCase): KeptConsent[] {
  return one.consents.flatMap((consent, at) => {
    const compiled = compileConsent(consentFromCase(consent, `c${at}`) as FhirResource, '', utc)
    if (!compiled || compiled.patient !== one.request.resource.patient) return []
    const { version, patient, alone } = compiled
    return [{ id: `c${at}`, v: 1, patient, version: { ...version, written: at }, ...(alone ? { alone: true as const } : {}) }]
  })
}

describe('consent cases from FHIR Consents', () => {
  test.each(cases.map((one) => [one.n, one.name, one] as const))('%i %s', (_n, _name, one) => {
    const question = questionOf(one)
    const birthDate = `${2025 - one.request.patientAge}-03-01`
    const rules = effectiveRules(kept(one), birthDate, question.now, utc)
    const names = [...question.asker.names, ...question.asker.names.map((name) => `Organization/${name}`)]
    const facts = factsOf(one)
    const verdict = decide(resolveRules(rules, { ...facts, codes: facts.codes }), { ...question, asker: { ...question.asker, names } })
    expect(verdict).toEqual({ decision: one.expect, reason: one.reason, obligations: one.obligations })
  })
})
