/** What the filter finds in the database is exactly what the second gate permits, document by document. */
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Actor } from '../../server/auth/actor.ts'
import { consentFromCase } from './consent-from-case.ts'
import type { CaseProvision } from './case-notation.ts'
import { actor, condition, encounter, hospital, patient, researcher, SYSTEM, site, study } from './fixture.ts'

const at = site({ now: () => new Date('2025-06-01T00:00:00Z') })
const PERSONS = 12

const asked: Actor[] = [
  hospital('H1'),
  hospital('H1', { user: 'Practitioner/d1' }),
  hospital('H2'),
  hospital('H2', { purpose: 'ETREAT' }),
  hospital('H3', { purpose: 'BTG', breakGlassReason: 'x' }),
  hospital('H1', { purpose: 'HPAYMT', role: 'billing' }),
  hospital('H1', { purpose: 'HQUALIMP', role: 'qa' }),
  researcher(),
  researcher({ form: 'IDENT' }),
  researcher({ study: 'W1' }),
  researcher({ study: 'none' }),
  actor('mia', { organization: 'MIA' }),
  actor('ha', { organization: 'HA' }),
  actor('ha', { organization: 'HA', form: 'PSEUD' }),
  actor('insurer', { organization: 'INS' }),
  actor('patient', { patient: 'q1' }),
  actor('operator'),
  actor('legal'),
]

const provision: fc.Arbitrary<CaseProvision> = fc.record(
  {
    purpose: fc.uniqueArray(fc.constantFrom('TREAT', 'HRESCH', 'HPAYMT', 'ETREAT'), { minLength: 1, maxLength: 2 }),
    role: fc.constantFrom(['hospital'], ['researcher'], ['insurer']),
    actor: fc.constantFrom(['H2'], ['INS']),
    class: fc.constantFrom(['Condition'], ['Encounter']),
    label: fc.constantFrom(['HIV'], ['PSY', 'HIV']),
    study: fc.constant(['S1']),
    form: fc.constant(['PSEUD']),
  },
  { requiredKeys: [] },
)

const consents = fc.array(
  fc.record({ n: fc.integer({ min: 1, max: PERSONS }), policyRule: fc.constantFrom('OPTIN', 'OPTOUT', 'EMRGONLY'), provision }),
  { minLength: 5, maxLength: 15 },
)

test('for random consents and every kind of asker', async () => {
  await at.put('', [study('S1'), study('W1', 'waiver')])
  for (let n = 1; n <= PERSONS; n++) {
    const home = n % 2 === 0 ? 'H1' : 'H2'
    const code = ['I10', 'B20', 'F20', 'A15', 'O04'][n % 5]
    await at.put(home, [patient(`q${n}`), condition(`q${n}-a`, `q${n}`), condition(`q${n}-b`, `q${n}`, code)])
    if (n % 3 === 0) await at.put('H2', [encounter(`q${n}-e2`, `q${n}`)])
    if (n % 3 === 1)
      await at.put('H1', [encounter(`q${n}-e1`, `q${n}`, { participant: [{ individual: { reference: 'Practitioner/d1' } }] })])
  }
  await at.put('H1', [
    { resourceType: 'List', id: 'q-list', subject: { reference: 'Patient/q1' }, entry: [{ item: { reference: 'Patient/q2' } }] },
    { resourceType: 'Observation', id: 'q-nobody', status: 'final' },
    { resourceType: 'Organization', id: 'q-org' },
  ])
  await fc.assert(
    fc.asyncProperty(consents, async (drawn) => {
      const resources = drawn.map((one, k) => {
        const { n, policyRule, provision: root } = one
        const common = {
          id: `k${k}`,
          series: `k${k}`,
          patient: `q${n}`,
          status: 'active',
          dateTime: `2025-0${1 + (k % 5)}-01`,
          performer: 'patient',
          verified: true,
        }
        return consentFromCase({ ...common, policyRule, provision: root }, `consent-${k}`)
      })
      await at.put('', resources, actor('operator'))
      // A write waits only a while for the labels: what is being given meanwhile would be seen by one of two looks.
      await at.access.relabelled()
      for (const who of asked) await compare(who)
    }),
    { numRuns: 4, endOnFailure: true },
  )
}, 120_000)

async function compare(who: Actor): Promise<void> {
  await at.access.withDecision(who, {}, async (decision) => {
    for (const type of ['Condition', 'Encounter', 'Patient', 'Consent', 'List', 'Observation', 'Organization']) {
      const query = { type, plan: { kind: 'everything' as const }, sort: [], count: 500, total: 'accurate' as const }
      const [all, found] = await Promise.all([at.store.search(SYSTEM, query), at.store.search(decision, query)])
      const permitted = all.rows.filter((row) => decision.permits(type, row.acc)).map((row) => row.id)
      const counted = await at.store.count(decision, type, query.plan)
      expect({ who, type, ids: found.rows.map((row) => row.id).sort(), total: found.total, counted }).toEqual({
        who,
        type,
        ids: permitted.sort(),
        total: permitted.length,
        counted: permitted.length,
      })
    }
  })
}
