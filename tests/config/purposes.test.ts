import { describe, expect, test } from '@jest/globals'
import { covers, isAdmissible, KNOWN_PURPOSES } from '../../server/access/purposes.ts'
import { PARTIES, type Party } from '../../server/config/party.ts'
import { isKindOf, mayNarrow, PURPOSES_OF_PARTY } from '../../server/config/purposes.ts'

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

describe('in step with the rules of access', () => {
  test('the same tree', () => {
    for (const a of KNOWN_PURPOSES) for (const b of KNOWN_PURPOSES) expect([a, b, isKindOf(b, a)]).toEqual([a, b, covers(a, b)])
  })

  test.each(PARTIES.filter((party) => party !== 'operator'))('%s: the same purposes', (party) => {
    for (const purpose of KNOWN_PURPOSES)
      expect([purpose, PURPOSES_OF_PARTY[party].includes(purpose)]).toEqual([purpose, isAdmissible(party, purpose)])
  })
})
