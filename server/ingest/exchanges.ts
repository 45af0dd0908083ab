/**
 * Requests for settlements, and answers that came by themselves: which answers which. No number says it, so that it is found by what both say of one
 * visit and person (BatchWord `asked`, `answered`): a request is answered once, by what was made of its sum while its sender waited. All of it is looked at
 * together, so that the order of arrival does not matter.
 */
import type { KeptWord } from './batch-docs.ts'
import { CLOCKS_APART_MS } from './batch-words.ts'

/** Nobody waits longer for an answer. */
const ANSWERED_WITHIN_MS = 60 * 60_000

/** The request of each settlement that is known to answer one, by the settlement's set. */
export function requestsOf(words: readonly KeptWord[]): Map<string, KeptWord> {
  const asked = words.filter(({ word }) => word === 'asked')
  const found = new Map(asked.flatMap((request) => (request.settlement === undefined ? [] : [[request.settlement, request] as const])))
  const whole = new Set([...found.values()].map(nameOf))
  const open = new Set(asked.filter((request) => !whole.has(nameOf(request))))
  for (const answer of answersIn(words)) {
    const settlement = answer.settlement ?? ''
    const request = found.has(settlement) ? undefined : requestOf(answer, [...open])
    if (!request) continue
    found.set(settlement, request)
    open.delete(request)
  }
  return found
}

const nameOf = ({ saidBy, at }: KeptWord): string => `${saidBy} ${at}`

/** Each settlement as it was answered first, in the order of their times; those behind of which only a reversal tells. */
function answersIn(words: readonly KeptWord[]): KeptWord[] {
  const answers = words.filter(({ word }) => word === 'answered').sort(inOrder)
  return answers.filter(({ settlement }, at) => answers.findIndex((one) => one.settlement === settlement) === at)
}

const inOrder = (a: KeptWord, b: KeptWord): number =>
  Number(a.before === true) - Number(b.before === true) || Date.parse(a.at) - Date.parse(b.at)

/** The newest that went before; where the clock of who asks is ahead, the first that is behind. */
function requestOf(answer: KeptWord, open: readonly KeptWord[]): KeptWord | undefined {
  const lateBy = ({ at }: KeptWord): number => Date.parse(answer.at) - Date.parse(at)
  const waited = answer.before ? Number.POSITIVE_INFINITY : ANSWERED_WITHIN_MS
  const alike = open.filter((request) => isAlike(request, answer) && lateBy(request) <= waited).sort((a, b) => lateBy(a) - lateBy(b))
  const ahead = answer.before ? [] : alike.filter((request) => lateBy(request) < 0 && lateBy(request) >= -CLOCKS_APART_MS)
  return alike.find((request) => lateBy(request) >= 0) ?? ahead.at(-1)
}

/** A sum of nothing has no sign: it may be given back as well. */
const isAlike = (request: KeptWord, answer: KeptWord): boolean =>
  (request.sum === undefined || answer.sum === undefined || request.sum === answer.sum) &&
  (request.refunds === answer.refunds || (request.refunds === true && answer.sum === NOTHING))

const NOTHING = '0.00'
