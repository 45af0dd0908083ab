/** 2207 and 2304, outpatient and inpatient settlement: the request is the Claim, the response carries the money. Joined by mdtrt_id. */
import type { Claim, Encounter } from '@medplum/fhirtypes'
import { codeSystem, localSystem, NATIONAL, structureDefinition } from '../../../server/fhir/canonical.ts'
import { mapping, type RunOptions } from '../../engine/mapping.ts'
import type { MappingContext, ResourceKey } from '../../engine/types.ts'
import type { MiisObject } from '../../parsers/miis-json.ts'
import { answeredClaim } from '../answered-claim.ts'
import { type ClaimKind, claimType, NORMAL_PRIORITY } from '../claim-type.ts'
import { coverage, type CoverageRow, coverageReference } from '../coverage.ts'
import { poolArea } from '../division.ts'
import { encounterClass } from '../encounter-class.ts'
import { list, node, text } from '../envelope.ts'
import { exchangesOf, sayAnswered, sayAsked, settledWith } from '../exchange-words.ts'
import { administration, miisKeys } from '../keys.ts'
import { checkSettlement, flagAmounts } from '../money.ts'
import { personOf } from '../persons.ts'
import { settledApart, tellPlaces } from '../settlement-places.ts'
import { isRefund, providerOf, settlement, type SettlementRow } from '../settlement.ts'
import { addPerson, insuredIn, messageOf, naming, type Site, type Transaction, type TransactionInput, withSite } from '../transaction.ts'

export interface ClaimRow extends Site, ClaimKind {
  mdtrt_id?: string
  psn_no?: string
  insutype?: string
  med_type?: string
  medfee_sumamt?: string
  chrg_bchno?: string
  invono?: string
  mid_setl_flag?: string
}

const isMidStay = (flag: string | undefined): boolean => flag === '1'

export const claim = mapping<ClaimRow, Claim>({
  source: 'miis/2207/mdtrtinfo',
  to: 'Claim',
  profile: 'cn-claim',
  id: (row, run) =>
    row.mdtrt_id === undefined
      ? undefined
      : miisKeys.claim(run.context, row.mdtrt_id, isMidStay(row.mid_setl_flag) ? row.chrg_bchno : undefined),
  organization: 'fixmedins_code',
  rules: (from) => ({
    identifier: [
      from.identifier((scope) => localSystem(scope, 'charge-batch-no'), 'chrg_bchno'),
      from.identifier((scope) => localSystem(scope, 'invoice-no'), 'invono'),
    ],
    status: 'active',
    type: claimType<ClaimRow>('med_type'),
    use: 'claim',
    patient: from.patient(),
    created: from.dateTime('inf_time').required(),
    insurer: from
      .value('insuplc_admdvs', (row, run) => administration(run, row.insuplc_admdvs))
      .when((run) => run.text('insuplc_admdvs') !== undefined),
    provider: from.value('fixmedins_code', providerOf).required(),
    priority: NORMAL_PRIORITY,
    insurance: [
      { sequence: 1, focal: true, coverage: from.value(['psn_no', 'insutype'], (row, run) => coverageReference(run.context, row)) },
    ],
    total: from.money('medfee_sumamt'),
    extension: [
      { url: structureDefinition('cn-med-type'), valueCoding: { system: codeSystem('nhsa-med-type'), code: from.text('med_type') } },
      poolArea<ClaimRow>('insuplc_admdvs'),
    ],
  }),
})

/** Settling an outpatient visit ends it; nothing else in the insurance's messages says so. */
const settledVisit = mapping<SettlementRow, Encounter>({
  source: 'miis/2207/setlinfo',
  to: 'Encounter',
  profile: 'cn-encounter-minimal',
  id: (row, run) => (row.mdtrt_id === undefined ? undefined : miisKeys.visit(run.context, row.mdtrt_id)),
  organization: 'fixmedins_code',
  rules: (from) => ({
    identifier: [from.identifier(NATIONAL.mdtrtId, 'mdtrt_id')],
    status: 'finished',
    class: encounterClass<SettlementRow>('med_type'),
    subject: from.patient(),
    serviceProvider: from.value('fixmedins_code', providerOf),
  }),
})

const OUTPATIENT = new Set(['AMB', 'EMER'])

/** 2304, inpatient settlement, has the same nodes. The claim of a stay is an inpatient one whatever med_type a province uses. */
export const settlementTransaction = (infno: '2207' | '2304'): Transaction => ({
  infno,
  fill: (input) => {
    // The response first: of one thing the first statement of a record stands, and the response knows the person better.
    const kind = infno === '2304' ? 'inpatient' : 'outpatient'
    if (input.response) fillSettlement(input, kind)
    if (input.request) fillClaim(input, kind)
  },
})

function fillClaim(input: TransactionInput, claim_kind: 'outpatient' | 'inpatient'): void {
  const { request, response, record, context, requestedAt: statedAt } = input
  const info = node(request, 'input', 'mdtrtinfo')
  const at = naming(info, 'input.mdtrtinfo')
  const [visit, batch] = [text(info, 'mdtrt_id'), text(info, 'chrg_bchno')]
  const saidBy = messageOf(input, text(info, 'psn_no'))
  const sets = settledWith(input)
  // What is paid for is not taken back with the rest of the visit (2205, 2302).
  const ofPerson = insuredIn(input, info)
  const among = sets[0] ? undefined : exchangesOf(input, info)
  const paid = {
    word: 'settled',
    statedAt,
    ...(saidBy && { saidBy }),
    ...(sets[0] && { settlement: sets[0] }),
    ...(ofPerson && { ofPerson }),
    ...(among && { among }),
  } as const
  if (visit !== undefined) for (const set of paidFor(context, visit, batch, claim_kind)) record.sayOfBatch({ ...paid, ...set })
  const midStay = visit !== undefined && batch !== undefined && isMidStay(text(info, 'mid_setl_flag'))
  sayAsked(input, info, midStay ? { claim: miisKeys.claim(context, visit, batch) } : {})
  tellPlaces(input, info)
  addPerson(input, personOf(info), info, 'input.mdtrtinfo', statedAt)
  const claimed = { ...withSite<ClaimRow>(info, request), claim_kind }
  record.run(claim, claimed, { ...{ statedAt, at, saidBy, ofPerson }, ...saidApart(input, info, saidBy) })
  if (!response) record.run(coverage, coverageRow(withSite<CoverageRow>(info, request)), { statedAt, at })
}

/** A claim is kept by its settlement; a request that came by itself is one among those that may have been answered. */
function saidApart(
  input: TransactionInput,
  info: MiisObject,
  saidBy: ResourceKey | undefined,
): Pick<RunOptions, 'batches' | 'apart' | 'asked' | 'exchanged'> {
  const [settlement] = settledWith(input)
  if (settlement) return { batches: [settlement], apart: settlement }
  const of = exchangesOf(input, info)
  return of && saidBy ? { asked: saidBy, exchanged: { of } } : {}
}

/** The batch that is named. The lines of a stay are in none (2301): a settlement of it, in its middle or at its end, pays for those that are charged by then. */
function paidFor(
  context: MappingContext,
  visit: string,
  batch: string | undefined,
  kind: 'outpatient' | 'inpatient',
): { batch: ResourceKey; chargedBefore?: true }[] {
  const untilNow = { chargedBefore: true } as const
  if (batch === undefined) return [{ batch: miisKeys.lines(context, visit), ...untilNow }]
  const named = { batch: miisKeys.lines(context, visit, batch) }
  return kind === 'inpatient' ? [named, { batch: miisKeys.unbatched(context, visit), ...untilNow }] : [named]
}

function fillAnsweredClaim(input: TransactionInput, row: SettlementRow, at: (field: string) => string): void {
  const [settled] = settledWith(input)
  const { record, respondedAt: statedAt } = input
  const info = node(input.response, 'output', 'setlinfo')
  const ofPerson = insuredIn(input, info)
  const exchanged = answerAmong(input, info)
  if (settled) record.run(answeredClaim, row, { statedAt, at, batches: [settled], apart: settled, ofPerson, exchanged })
  sayAnswered(input, info, isRefund(row) ? { refunds: true } : {})
  const paid = {
    word: 'settled',
    statedAt,
    chargedBefore: true,
    ...(ofPerson && { ofPerson }),
    ...(exchanged && { among: exchanged.of }),
  } as const
  // Lines that are in a batch are paid for by a settlement that names it, which only the request does.
  if (settled && row.mdtrt_id !== undefined && !isRefund(row))
    record.sayOfBatch({ batch: miisKeys.unbatched(input.context, row.mdtrt_id), settlement: settled, ...paid })
}

/** As the answer that it is. */
function answerAmong(input: TransactionInput, info: MiisObject): RunOptions['exchanged'] {
  const [of, [settlement]] = [exchangesOf(input, info), settledWith(input)]
  return of && settlement && { of, settlement }
}

export const coverageRow = ({ psn_no, insutype, insuplc_admdvs, psn_type, cvlserv_flag }: CoverageRow): CoverageRow => ({
  ...(psn_no && { psn_no }),
  ...(insutype && { insutype }),
  ...(insuplc_admdvs && { insuplc_admdvs }),
  ...(psn_type && { psn_type }),
  ...(cvlserv_flag && { cvlserv_flag }),
})

/** A response alone does not name the institution, but its own settlement number begins with the code (12 characters). */
const institutionOf = (medinsSetlId: string | undefined): string | undefined => /^[HP]\d{11}/.exec(medinsSetlId ?? '')?.[0]

/** Exported for responses that come alone. */
export function fillSettlement(input: TransactionInput, claim_kind?: ClaimKind['claim_kind'], reversed?: string): void {
  const { request, response, record, context, respondedAt: statedAt } = input
  const info = node(response, 'output', 'setlinfo')
  const details = list(response, 'output', 'setldetail')
  const path = 'output.setlinfo'
  const at = naming(info, path)
  addPerson(input, personOf(info), info, path, statedAt)
  // Of an answer alone that does not say when it was settled, it is when it was answered.
  const answeredAt = request ? undefined : (text(response, 'respond_time') ?? text(response, 'refmsg_time'))
  const institution = text(request, 'fixmedins_code') ?? institutionOf(text(info, 'medins_setl_id'))
  const asked = node(request, 'input', 'mdtrtinfo')
  const batch = isMidStay(text(asked, 'mid_setl_flag')) ? text(asked, 'chrg_bchno') : undefined
  const row: SettlementRow = {
    ...(answeredAt !== undefined && { inf_time: answeredAt }),
    ...withSite<SettlementRow>(info, request),
    ...(institution !== undefined && { fixmedins_code: institution }),
    ...(batch !== undefined && { chrg_bchno: batch }),
    ...(claim_kind && { claim_kind }),
    ...(reversed !== undefined && { reversed_setl_id: reversed }),
    details,
  }
  const apart = request ? undefined : settledApart(input, info)
  const exchanged = request ? undefined : answerAmong(input, info)
  record.run(settlement, row, { statedAt, at, saidBy: messageOf(input, row.psn_no), hears: apart, exchanged })
  if (!request) fillAnsweredClaim(input, row, at)
  record.run(coverage, coverageRow(row), { statedAt, at })
  for (const [index, detail] of details.entries()) {
    const named = naming(detail, `output.setldetail[${index}]`)
    record.offer(detail, named)
    record.noteRead(...['fund_pay_type', 'fund_pay_type_name', 'fund_payamt'].map(named))
    flagAmounts(record, named, detail, ['fund_payamt'])
  }
  const kind = context.translate('miis-med-type', row.med_type ?? '')?.code
  if (kind !== undefined && OUTPATIENT.has(kind) && batch === undefined && !isRefund(row)) record.run(settledVisit, row, { statedAt, at })
  checkSettlement(record, path, info, details)
}
