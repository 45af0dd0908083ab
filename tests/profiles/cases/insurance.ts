import { B, concept, cs, type ProfileCases, profile } from './case.ts'

const money = (value: number): { value: number; currency: string } => ({ value, currency: 'CNY' })
const total = (code: string, value: number): object => ({ category: concept(cs('nhsa-settlement-total'), code), amount: money(value) })

export const coverage: ProfileCases = {
  id: 'cn-coverage',
  valid: {
    resourceType: 'Coverage',
    meta: { profile: [profile('cn-coverage')] },
    extension: [{ url: profile('cn-pool-area'), valueCoding: { system: 'urn:oid:2.16.156.10011.2.3.3.2', code: '310100' } }],
    identifier: [{ system: `${B}/sid/nhsa/psn-no`, value: '31000000000000000000067890' }],
    status: 'active',
    type: concept(cs('nhsa-insutype'), '390'),
    subscriberId: '31000000000000000000067890',
    beneficiary: { reference: 'Patient/1' },
    payor: [{ reference: 'Organization/MIA' }],
  },
  broken: [
    ['no type', (r) => delete r.type, { code: 'required', expression: 'Coverage.type' }],
    [
      'a scheme that does not exist',
      (r) => (r.type = concept(cs('nhsa-insutype'), '999')),
      { code: 'binding', expression: 'Coverage.type' },
    ],
    ['a scheme as text only', (r) => (r.type = { text: '居民医保' }), { code: 'binding', expression: 'Coverage.type' }],
    [
      'an identifier without a value',
      (r) => delete r.identifier[0].value,
      { code: 'required', expression: 'Coverage.identifier[0].value' },
    ],
    [
      'no number of the person',
      (r) => delete r.subscriberId,
      { code: 'invariant', rule: 'cn-cov-1', expression: 'Coverage', severity: 'warning' },
    ],
    ['nobody who pays', (r) => delete r.payor, { code: 'required', expression: 'Coverage.payor', profile: null }],
  ],
}

export const claim: ProfileCases = {
  id: 'cn-claim',
  valid: {
    resourceType: 'Claim',
    meta: { profile: [profile('cn-claim')] },
    identifier: [{ system: `${B}/sid/nhsa/setl-id`, value: '110105S0000000000001' }],
    status: 'active',
    type: concept(cs('cn-claim-type'), 'outpatient'),
    use: 'claim',
    patient: { reference: 'Patient/1' },
    created: '2026-03-09T10:20:01+08:00',
    provider: { reference: 'Organization/H1' },
    priority: concept('http://terminology.hl7.org/CodeSystem/processpriority', 'normal'),
    insurance: [{ sequence: 1, focal: true, coverage: { reference: 'Coverage/1' } }],
    item: [
      { sequence: 1, category: concept(cs('nhsa-fee-category'), '09'), productOrService: { text: '盐酸二甲双胍片' }, net: money(37) },
      { sequence: 2, category: concept(cs('nhsa-fee-category'), '04'), productOrService: { text: '血清葡萄糖测定' }, net: money(6) },
    ],
    total: money(43),
  },
  broken: [
    ['a question, not a claim', (r) => (r.use = 'predetermination'), { code: 'fixed', expression: 'Claim.use' }],
    ['a type that is none', (r) => (r.type = { text: '门诊' }), { code: 'binding', expression: 'Claim.type' }],
    ['money of another country', (r) => (r.total.currency = 'USD'), { code: 'invariant', rule: 'cn-clm-2', expression: 'Claim' }],
    [
      'a total that is not the sum',
      (r) => (r.total.value = 44),
      { code: 'facts-disagree', rule: 'cn-clm-1', expression: 'Claim.total', profile: null },
    ],
    ['no number', (r) => delete r.identifier, { code: 'invariant', rule: 'cn-clm-3', expression: 'Claim', severity: 'warning' }],
    ['no items', (r) => delete r.item, { code: 'invariant', rule: 'cn-clm-4', expression: 'Claim', severity: 'warning' }],
    [
      'a fee category of another table',
      (r) => (r.item[0].category = concept(cs('nhsa-fee-category'), '77')),
      { code: 'binding', expression: 'Claim.item[0].category', severity: 'warning' },
    ],
    ['no coverage', (r) => delete r.insurance, { code: 'required', expression: 'Claim.insurance', profile: null }],
  ],
}

/** The settlement of the sample 2207-response. */
export const settlement: ProfileCases = {
  id: 'cn-eob-settlement',
  valid: {
    resourceType: 'ExplanationOfBenefit',
    meta: { profile: [profile('cn-eob-settlement')] },
    identifier: [{ system: `${B}/sid/nhsa/setl-id`, value: '110105S0000000000001' }],
    status: 'active',
    type: concept(cs('cn-claim-type'), 'outpatient'),
    use: 'claim',
    patient: { reference: 'Patient/1' },
    created: '2026-03-09T10:20:01+08:00',
    insurer: { reference: 'Organization/MIA' },
    provider: { reference: 'Organization/H1' },
    outcome: 'complete',
    insurance: [{ focal: true, coverage: { reference: 'Coverage/1' } }],
    adjudication: [{ category: concept(cs('nhsa-fund-pay-type'), '390100'), amount: money(58.2) }],
    total: [
      total('medfee_sumamt', 128.5),
      total('hifp_pay', 58.2),
      total('cvlserv_pay', 0),
      total('fund_pay_sumamt', 58.2),
      total('psn_part_amt', 70.3),
      total('acct_pay', 30),
      total('psn_cash_pay', 40.3),
      total('hosp_part_amt', 0),
    ],
    payment: { date: '2026-03-09' },
  },
  broken: [
    [
      'an amount that has no name',
      (r) => (r.total[1] = total('gift', 58.2)),
      { code: 'binding', rule: `${B}/ValueSet/cn-settlement-total`, expression: 'ExplanationOfBenefit.total[1].category' },
    ],
    [
      'an amount said twice',
      (r) => r.total.push(total('acct_pay', 30)),
      { code: 'slice', rule: 'acct_pay max 1', expression: 'ExplanationOfBenefit.total' },
    ],
    ['no amounts', (r) => delete r.total, { code: 'required', expression: 'ExplanationOfBenefit.total' }],
    [
      'two settlement numbers',
      (r) => r.identifier.push(r.identifier[0]),
      { code: 'slice', rule: 'setlId max 1', expression: 'ExplanationOfBenefit.identifier' },
    ],
    [
      'funds that do not add up',
      (r) => (r.total[1].amount.value = 58),
      { code: 'facts-disagree', rule: 'cn-eob-1', expression: 'ExplanationOfBenefit.total[3]', profile: null },
    ],
    [
      'a fee that nobody pays in full',
      (r) => (r.total[0].amount.value = 130),
      { code: 'facts-disagree', rule: 'cn-eob-2', expression: 'ExplanationOfBenefit.total[0]', profile: null },
    ],
    [
      'a person whose parts do not add up',
      (r) => (r.total[6].amount.value = 40),
      { code: 'facts-disagree', rule: 'cn-eob-3', expression: 'ExplanationOfBenefit.total[4]', profile: null },
    ],
    [
      'funds in detail that do not add up',
      (r) => (r.adjudication[0].amount.value = 50),
      { code: 'facts-disagree', rule: 'cn-eob-9', expression: 'ExplanationOfBenefit.total[3]', profile: null },
    ],
    [
      'money of another country',
      (r) => (r.total[0].amount.currency = 'USD'),
      { code: 'invariant', rule: 'cn-eob-4', expression: 'ExplanationOfBenefit' },
    ],
    [
      'no settlement number',
      (r) => delete r.identifier,
      { code: 'invariant', rule: 'cn-eob-5', expression: 'ExplanationOfBenefit', severity: 'warning' },
    ],
    [
      'no date of payment',
      (r) => delete r.payment,
      { code: 'invariant', rule: 'cn-eob-6', expression: 'ExplanationOfBenefit', severity: 'warning' },
    ],
    [
      'no sum of fees',
      (r) => r.total.shift(),
      { code: 'invariant', rule: 'cn-eob-7', expression: 'ExplanationOfBenefit', severity: 'warning' },
    ],
    [
      'a refund of nothing',
      (r) => (r.extension = [{ url: profile('cn-refund'), valueBoolean: true }]),
      { code: 'invariant', rule: 'cn-eob-8', expression: 'ExplanationOfBenefit', severity: 'warning' },
    ],
  ],
}
