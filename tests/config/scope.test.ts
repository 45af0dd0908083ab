import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { formatScopes, intersectScopes, parseScopes, type Scope } from '../../server/config/scope.ts'

const parse = (text: string) => parseScopes(text, { oneContext: true })

describe('refused scopes', () => {
  test.each([
    ['patient/Observation.rsXYZ', 'grammar'],
    ['patient/Observation.', 'grammar'],
    ['patient/Observation', 'grammar'],
    ['patient/.rs', 'grammar'],
    ['patient/Observation.srduc', 'grammar'],
    ['patient/Observation.sr', 'grammar'],
    ['patient/Observation.rr', 'grammar'],
    ['PATIENT/Observation.rs', 'grammar'],
    ['Patient/Observation.rs', 'grammar'],
    ['patient/observation.rs', 'grammar'],
    ['patient/Observation.RS', 'grammar'],
    ['patient/Observation.reads', 'grammar'],
    ['patient/Observation.readwrite', 'grammar'],
    ['patient/Obs*.rs', 'grammar'],
    ['patient/**.rs', 'grammar'],
    ['patient/Observation.rs?active', 'constrained'],
    ['patient/Observation.rs?category=laboratory', 'constrained'],
    ['admin/Observation.rs', 'grammar'],
    ['xpatient/Observation.rs', 'grammar'],
    ['patient/Observation.rs\n', 'grammar'],
    ['patient/Observation.rs\tpatient/Patient.rs', 'grammar'],
    ['patient/Observation.rs  patient/Patient.rs', 'grammar'],
    [' patient/Observation.rs', 'grammar'],
    ['', 'grammar'],
    ['*', 'grammar'],
    ['patient/Observation.rs,patient/Patient.rs', 'grammar'],
    ['patient/Observation.rs __proto__', 'grammar'],
    ['patient/Observation.read patient/Patient.rs', 'mixed-versions'],
    ['patient/Observation.* patient/Patient.cruds', 'mixed-versions'],
    ['patient/Observation.rs system/Patient.rs', 'mixed-contexts'],
    ['patient/Observation.rs user/Patient.rs', 'mixed-contexts'],
    ['openid fhirUser', 'empty'],
    ['system/*.rs '.repeat(400).trim(), 'too-long'],
    [`system/${'A'.repeat(5000)}.rs`, 'too-long'],
  ])('%j', (text, problem) => expect(parse(text)).toEqual({ ok: false, problem }))
})

describe('accepted scopes', () => {
  test.each<[string, Scope[]]>([
    ['system/*.cruds', [{ level: 'system', type: '*', permissions: 'cruds' }]],
    ['user/Observation.r', [{ level: 'user', type: 'Observation', permissions: 'r' }]],
    ['patient/Patient.cus', [{ level: 'patient', type: 'Patient', permissions: 'cus' }]],
    ['patient/Patient.read', [{ level: 'patient', type: 'Patient', permissions: 'rs' }]],
    ['patient/Patient.write', [{ level: 'patient', type: 'Patient', permissions: 'cud' }]],
    ['patient/*.*', [{ level: 'patient', type: '*', permissions: 'cruds' }]],
    ['openid fhirUser launch/patient patient/*.rs', [{ level: 'patient', type: '*', permissions: 'rs' }]],
  ])('%s', (text, scopes) => expect(parse(text)).toEqual({ ok: true, scopes }))

  test('a registration may name several contexts', () => {
    expect(parseScopes('system/*.rs user/*.rs', { oneContext: false }).ok).toBe(true)
  })
})

describe('what is granted', () => {
  test.each([
    ['system/*.cruds', 'system/*.rs', 'system/*.rs'],
    ['system/Observation.rs', 'system/*.cruds', 'system/Observation.rs'],
    ['system/*.rs', 'system/Observation.r system/Patient.s', 'system/Observation.r system/Patient.s'],
    ['system/*.rs', 'user/*.rs', ''],
    ['system/Observation.cud', 'system/Observation.rs', ''],
    ['patient/*.rs patient/Consent.cru', 'patient/*.rs patient/Consent.cru', 'patient/*.rs patient/Consent.cru'],
  ])('%s of %s is %s', (asked, registered, granted) => {
    const a = parseScopes(asked, { oneContext: false })
    const b = parseScopes(registered, { oneContext: false })
    if (!a.ok || !b.ok) throw new Error('the case is wrong')
    expect(formatScopes(intersectScopes(a.scopes, b.scopes))).toBe(granted)
  })

  const scopes = fc.array(
    fc.record({
      level: fc.constantFrom('system', 'user', 'patient') as fc.Arbitrary<Scope['level']>,
      type: fc.constantFrom('*', 'Observation', 'Patient', 'Consent'),
      permissions: fc.subarray([...'cruds'], { minLength: 1 }).map((letters) => letters.join('')),
    }),
    { maxLength: 6 },
  )
  const lets = (list: readonly Scope[], level: string, type: string, letter: string) =>
    list.some((one) => one.level === level && (one.type === '*' || one.type === type) && one.permissions.includes(letter))

  test('exactly what both sides let through', () => {
    fc.assert(
      fc.property(scopes, scopes, (asked, registered) => {
        const granted = intersectScopes(asked, registered)
        for (const level of ['system', 'user', 'patient']) {
          for (const type of ['Observation', 'Patient', 'Consent', 'Claim']) {
            for (const letter of 'cruds') {
              expect(lets(granted, level, type, letter)).toBe(lets(asked, level, type, letter) && lets(registered, level, type, letter))
            }
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  test('what is written is read back', () => {
    fc.assert(
      fc.property(scopes, (list) => {
        fc.pre(list.length > 0)
        expect(parseScopes(formatScopes(list), { oneContext: false })).toEqual({ ok: true, scopes: list })
      }),
    )
  })
})
