import { describe, expect, test } from '@jest/globals'
import { decide } from '../../server/access/decide.ts'
import { DEFAULT_POLICY, type Question } from '../../server/access/question.ts'
import { typeGate } from '../../server/access/type-gate.ts'
import { covers, isAdmissible, KNOWN_PURPOSES } from '../../server/access/purposes.ts'
import { DATA_FORMS, PARTIES, type Party } from '../../server/config/party.ts'
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
    ['public health to a disaster that is not registered', 'ha', ['PUBHLTH', 'HQUALIMP'], 'PUBHLTH', 'DISASTER', false],
    ['public health to a threat that is not registered', 'ha', ['PUBHLTH', 'DISASTER'], 'PUBHLTH', 'THREAT', false],
    ['public health to a disaster that is registered', 'ha', ['PUBHLTH', 'DISASTER'], 'PUBHLTH', 'DISASTER', true],
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

/** Whatever a rule may look at besides the purpose and the consents. */
function* circumstances(party: Party): Generator<Omit<Question, 'asker'> & { asker: Omit<Question['asker'], 'purpose'> }> {
  const yesOrNo = [true, false]
  for (const form of DATA_FORMS)
    for (const role of ['clinician', 'auditor'])
      for (const custodian of ['own', 'other'] as const)
        for (const notifiable of yesOrNo)
          for (const type of ['Condition', 'Claim', 'Consent', 'AuditEvent', 'Group'])
            for (const labels of [[], ['HIV']])
              for (const treating of yesOrNo)
                for (const primary of yesOrNo)
                  for (const emergencyNeedsTreating of yesOrNo)
                    yield {
                      asker: {
                        ...{ party, organization: 'X', role, action: 'access', form, names: ['X'], study: 'S', ethics: 'waiver' },
                        breakGlassReason: '昏迷',
                      },
                      policy: { ...DEFAULT_POLICY, emergencyNeedsTreating },
                      now: 0,
                      relation: { treating, primary },
                      custodian,
                      resource: { type, targets: [], docType: '', labels, insured: true, fromInsurance: false, notifiable },
                    }
}

const permits = (question: Question): boolean =>
  (typeGate({ ...question.resource, subjects: [{ kind: 'person', rules: [] }] }, question) ?? decide([], question)).decision === 'permit'

describe('a kind for which any rule of the decision opens more', () => {
  const pairs = PARTIES.flatMap((party) =>
    PURPOSES_OF_PARTY[party].flatMap((held) =>
      PURPOSES_OF_PARTY[party].filter((asked) => asked !== held && isKindOf(asked, held)).map((asked) => [party, held, asked] as const),
    ),
  )
  test.each(pairs)('%s: %s to %s must be registered, and no other', (party, held, asked) => {
    let opensMore = false
    for (const { asker, ...rest } of circumstances(party)) {
      const as = (purpose: string) => permits({ ...rest, asker: { ...asker, purpose } })
      opensMore ||= as(asked) && !as(held)
    }
    expect([opensMore, mayNarrow(party, [held], held, asked)]).toEqual([opensMore, !opensMore])
    expect(mayNarrow(party, [held, asked], held, asked)).toBe(asked !== 'BTG')
  })

  test('those are emergencies', () => {
    const closed = pairs.filter(([party, held, asked]) => !mayNarrow(party, [held], held, asked)).map((pair) => pair.join(' '))
    expect(closed.sort()).toEqual([
      'ha PUBHLTH DISASTER',
      'ha PUBHLTH THREAT',
      'hospital ETREAT BTG',
      'hospital TREAT BTG',
      'hospital TREAT ETREAT',
    ])
  })
})
