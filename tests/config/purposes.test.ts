import { describe, expect, test } from '@jest/globals'
import { covers, isAdmissible, KNOWN_PURPOSES } from '../../server/access/purposes.ts'
import type { Party } from '../../server/config/party.ts'
import { mayNarrow } from '../../server/config/purposes.ts'

describe('narrowing', () => {
  test.each<[string, Party, string[], string, string, boolean]>([
    ['the same', 'hospital', ['TREAT'], 'TREAT', 'TREAT', true],
    ['research to clinical trials', 'researcher', ['HRESCH'], 'HRESCH', 'CLINTRCH', true],
    ['clinical trials to research', 'researcher', ['HRESCH', 'CLINTRCH'], 'CLINTRCH', 'HRESCH', false],
    ['one kind of research to another', 'researcher', ['HRESCH', 'CLINTRCH', 'DSRCH'], 'CLINTRCH', 'DSRCH', false],
    ['research to treatment', 'researcher', ['HRESCH'], 'HRESCH', 'TREAT', false],
    ['treatment to research', 'hospital', ['TREAT', 'HRESCH'], 'TREAT', 'HRESCH', false],
    ['operations to quality', 'hospital', ['HOPERAT'], 'HOPERAT', 'HQUALIMP', true],
    ['a kind that this party may not have', 'hospital', ['HPAYMT'], 'HPAYMT', 'COVERAGE', false],
    ['payment to coverage', 'mia', ['HPAYMT'], 'HPAYMT', 'COVERAGE', true],
    ['to an emergency that is registered', 'hospital', ['TREAT', 'ETREAT'], 'TREAT', 'ETREAT', true],
    ['to an emergency that is not registered', 'hospital', ['TREAT'], 'TREAT', 'ETREAT', false],
    ['treatment to breaking the glass', 'hospital', ['TREAT', 'ETREAT', 'BTG'], 'TREAT', 'BTG', false],
    ['breaking the glass to treatment', 'hospital', ['TREAT', 'BTG'], 'BTG', 'TREAT', false],
    ['breaking the glass, said again', 'hospital', ['TREAT', 'BTG'], 'BTG', 'BTG', true],
    ['nothing', 'hospital', ['TREAT'], 'TREAT', '', false],
    ['lower case', 'researcher', ['HRESCH'], 'HRESCH', 'clintrch', false],
    ['a member of every object', 'researcher', ['HRESCH'], 'HRESCH', 'constructor', false],
  ])('%s', (_name, party, registered, held, asked, expected) => expect(mayNarrow(party, registered, held, asked)).toBe(expected))
})

describe('rules of access', () => {
  test('a rule on a purpose covers its kinds, never the wider one', () => {
    expect([covers('HRESCH', 'CLINTRCH'), covers('CLINTRCH', 'HRESCH'), covers('TREAT', 'BTG'), covers('TREAT', 'TREAT')]).toEqual([
      true,
      false,
      true,
      true,
    ])
  })

  test('maintenance is no purpose for which a rule permits or a consent is asked', () => {
    for (const purpose of ['SYSADMIN', 'HSYSADMIN', 'TREAT']) expect(isAdmissible('operator', purpose)).toBe(false)
    expect([KNOWN_PURPOSES.has('SYSADMIN'), KNOWN_PURPOSES.has('HSYSADMIN')]).toEqual([false, false])
    expect([KNOWN_PURPOSES.has('CAREMGT'), KNOWN_PURPOSES.has('HMARKT')]).toEqual([true, true])
  })

  test('another party’s purpose is not admissible', () => {
    expect([isAdmissible('hospital', 'HMARKT'), isAdmissible('insurer', 'HMARKT')]).toEqual([false, true])
  })
})
