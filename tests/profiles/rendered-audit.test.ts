/** The AuditEvents that the server makes of its account of uses keep to cn-auditevent. */
import { expect, test } from '@jest/globals'
import type { AuditedActor, AuditFacts } from '../../server/audit-event/facts.ts'
import { renderAuditEvent } from '../../server/audit-event/render.ts'
import { parseResource } from '../../server/fhir/resource-text.ts'
import { createValidator } from '../../server/validation/validator.ts'
import { profile } from './cases/case.ts'

const validator = createValidator()

const ACTOR: AuditedActor = {
  clientId: 'h1-ward',
  party: 'hospital',
  role: 'clinician',
  organization: 'H1',
  purpose: 'TREAT',
  form: 'IDENT',
}
const FACTS: AuditFacts = {
  id: '1',
  at: Date.parse('2026-03-06T08:16:00+08:00'),
  node: 'yilian-1',
  interaction: 'read',
  action: 'R',
  outcome: '0',
  reason: '',
  actor: ACTOR,
  patients: ['1'],
  resources: ['Observation/1'],
  consents: ['2/_history/3'],
}

const errorsOf = (more: Partial<AuditFacts>): string[] => {
  const { resource } = parseResource(Buffer.from(renderAuditEvent({ ...FACTS, ...more })).toString('utf8'))
  const found = validator.validate(resource, { mode: 'create', profiles: [profile('cn-auditevent')] })
  // The name of an operation is of no list of R4: that is worth a warning at most.
  return found.filter(({ severity }) => severity === 'error').map(({ code, expression, rule }) => `${code} ${expression} ${rule}`)
}

test.each<[string, Partial<AuditFacts>]>([
  ['a read', {}],
  ['a search', { interaction: 'search-type', action: 'E', query: 'code=1', type: 'Observation', count: 3 }],
  ['an operation', { interaction: 'everything', action: 'E' }],
  ['a refusal', { outcome: '4', reason: 'no-treating-relation' }],
  ['break glass', { actor: { ...ACTOR, user: 'Practitioner/1', purpose: 'BTG', breakGlassReason: '抢救' } }],
  ['research', { actor: { ...ACTOR, party: 'researcher', purpose: 'HRESCH', form: 'PSEUD', study: 'S1' } }],
  ['maintenance', { actor: { ...ACTOR, party: 'operator', role: 'admin', purpose: 'SYSADMIN' } }],
])('%s', (_what, more) => {
  expect(errorsOf(more)).toEqual([])
})

test("the configuration's word for maintenance is v3-ActReason's code", () => {
  const text = Buffer.from(renderAuditEvent({ ...FACTS, actor: { ...ACTOR, purpose: 'SYSADMIN' } })).toString('utf8')
  expect(JSON.parse(text).purposeOfEvent[0].coding[0].code).toBe('HSYSADMIN')
})

test("the server's own work has no purpose", () => {
  const { actor: _, ...facts } = FACTS
  const { resource } = parseResource(Buffer.from(renderAuditEvent(facts)).toString('utf8'))
  expect(validator.validate(resource, { mode: 'create', profiles: [profile('cn-auditevent')] })).toEqual([])
})

test('a refusal without a reason would be seen', () => {
  expect(errorsOf({ outcome: '4' })).toEqual(['invariant AuditEvent cn-aud-1'])
})
