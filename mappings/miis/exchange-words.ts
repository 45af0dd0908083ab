/**
 * Which request a settlement answers, where the two came each by itself: the answer has the settlement's number, and not that of the request. Both name the
 * visit and the person, and mostly the sum, so that what each is about is said of one set, and ingest finds the one for the other
 * (server/ingest/exchanges.ts).
 */
import { referTo } from '../engine/keys.ts'
import type { ResourceKey } from '../engine/types.ts'
import { add, Decimal } from '../engine/values/decimal.ts'
import type { MiisObject } from '../parsers/miis-json.ts'
import { node, text } from './envelope.ts'
import { miisKeys } from './keys.ts'
import { amount } from './money.ts'
import { insuredIn, messageOf, type TransactionInput } from './transaction.ts'

/** Requests and answers of a person's visit. @param info a node of the request or of the answer */
export function exchangesOf({ context }: TransactionInput, info: MiisObject): ResourceKey | undefined {
  const [visit, person] = [text(info, 'mdtrt_id'), text(info, 'psn_no')]
  return visit === undefined || person === undefined ? undefined : miisKeys.exchanges(context, visit, person)
}

/** The settlement that takes the claim with it when it is taken back: the answer beside the request has its number. */
export function settledWith({ response, context }: TransactionInput): ResourceKey[] {
  const number = text(node(response, 'output', 'setlinfo'), 'setl_id')
  return number === undefined ? [] : [miisKeys.settled(context, number)]
}

/**
 * A request asks to settle, or to take a settlement back.
 * @param asks `claim`: another claim than that of the whole visit
 */
export function sayAsked(input: TransactionInput, info: MiisObject, asks: { claim?: ResourceKey; refunds?: true } = {}): void {
  const [batch, saidBy] = [exchangesOf(input, info), messageOf(input, text(info, 'psn_no'))]
  if (batch === undefined || saidBy === undefined) return
  const { claim, ...kind } = asks
  const [settlement] = settledWith(input)
  const [sum, ofPerson] = [sumOf(info), insuredIn(input, info)]
  input.record.sayOfBatch({
    ...{ batch, word: 'asked', statedAt: input.requestedAt, saidBy, ...kind },
    ...(sum !== undefined && { sum }),
    ...(ofPerson && { ofPerson }),
    ...(settlement && { settlement }),
    ...(claim && { tells: { claim: referTo(claim) } }),
  })
}

/** An answer that came by itself. */
export function sayAnswered(input: TransactionInput, info: MiisObject, kind: { refunds?: true } = {}): void {
  const [batch, [settlement]] = [exchangesOf(input, info), settledWith(input)]
  if (batch === undefined || settlement === undefined) return
  const sum = sumOf(info)
  const said = { batch, word: 'answered', statedAt: input.respondedAt, settlement, ...kind } as const
  input.record.sayOfBatch({ ...said, ...(sum !== undefined && { sum }) })
}

/** Who takes a settlement back says that it was one: some request of before was answered. */
export function sayAnsweredBefore(input: TransactionInput, info: MiisObject, setlId: string): void {
  const batch = exchangesOf(input, info)
  const settlement = miisKeys.settled(input.context, setlId)
  if (batch) input.record.sayOfBatch({ batch, word: 'answered', statedAt: input.requestedAt, settlement, before: true })
}

/** Of one spelling, without its sign. */
function sumOf(info: MiisObject): string | undefined {
  const sent = amount(info, 'medfee_sumamt')
  if (!sent) return undefined
  const { text: digits } = add(sent, new Decimal('0.00'))
  return digits.replace(/^-/, '').replace(/(\.\d\d)0+$/, '$1')
}
