/** Consents of every kind, by chance: policies, purposes, actors, classes, labels, periods, exceptions. */
import fc from 'fast-check'
import { BASE } from '../../server/fhir/canonical.ts'
import { ACT_CODE, purpose, recipient, type Words } from './resources.ts'

const coded = (code: string[]) => code.map((one) => ({ system: ACT_CODE, code: one }))

/** Criteria of one provision: some, all, or none. */
const criteria = fc
  .record(
    {
      purpose: fc.subarray(['TREAT', 'HRESCH', 'HPAYMT', 'PUBHLTH'], { minLength: 1, maxLength: 2 }).map((codes) => purpose(...codes)),
      actor: fc.constantFrom('H2', 'INS', 'U1', 'party-hospital', 'party-researcher').map(recipient),
      class: fc
        .subarray(['Condition', 'Observation'], { minLength: 1, maxLength: 1 })
        .map((types) => types.map((code) => ({ system: 'http://hl7.org/fhir/resource-types', code }))),
      securityLabel: fc.constantFrom('HIV', 'PSY', 'GDIS').map((code) => coded([code])),
      dataPeriod: fc.constantFrom({ start: '2024-01-01', end: '2024-12-31' }, { start: '2019-01-01', end: '2019-12-31' }),
      extension: fc.constantFrom('PSEUD', 'IDENT').map((valueCode) => [{ url: `${BASE}/StructureDefinition/cn-data-form`, valueCode }]),
    },
    { requiredKeys: [] },
  )
  .map((found) => JSON.parse(JSON.stringify(found)) as Record<string, unknown>)

const nested = fc.record({ type: fc.constantFrom('permit', 'deny'), rest: criteria }).map(({ type, rest }) => ({ type, ...rest }))

export const words = fc
  .record({
    series: fc.constantFrom('a', 'b', 'c'),
    policy: fc.constantFrom('OPTIN', 'OPTINR', 'OPTOUT', 'OPTOUTE', 'EMRGONLY'),
    root: criteria,
    exceptions: fc.array(nested, { maxLength: 2 }),
    status: fc.constantFrom('active', 'active', 'active', 'inactive'),
    year: fc.constantFrom('2024', '2025'),
  })
  .map(({ series, policy, root, exceptions, status, year }): Words => {
    const provision = { ...root, ...(exceptions.length > 0 ? { provision: exceptions } : {}) }
    const empty = Object.keys(provision).length === 0
    return { series, policy, ...(empty ? {} : { provision }), extra: { status, dateTime: `${year}-03-01` } }
  })

export const randomWords = (seed: number, count: number): Words[] => fc.sample(words, { numRuns: count, seed })
