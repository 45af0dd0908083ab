/** Statements of all sources to the one resource that a reader sees. Pure; the order of arrival does not matter. */
import { NATIONAL } from '../../fhir/canonical.ts'
import { readIdentityNumber } from '../../fhir/identity-number.ts'
import { quoted } from '../texts.ts'
import { isOfLists } from './lists-apart.ts'
import { isOfAnother } from './reversals.ts'
import {
  elementsInParts,
  END_ALONE,
  isPart,
  isUnlistedKey,
  type ListRule,
  LISTS,
  LISTS_OF,
  listsOf,
  rank,
  START_ALONE,
  unitsWithMembers,
  unlistedKey,
  wholeKey,
} from './rules.ts'
import { bySpeaker, withMembersApart } from './statement.ts'
import { type Folded, isAsked, isMention, type ListEntry, saidAt, speakerOf, type Statement, type Unit, voiceOf } from './types.ts'
import { withdrawnStub } from './withdrawn.ts'

/** Stands in statement texts where the record's patient is referenced; the person may become known later. */
export const PATIENT_PLACEHOLDER = 'Patient/~'
const PLACEHOLDER_TEXT = JSON.stringify(PATIENT_PLACEHOLDER)

/** What the store adds to a Patient record of its own knowledge. */
export interface FoldAdditions {
  /** elements that replace folded ones: JSON text, or undefined to leave the element out */
  elements?: Record<string, string | undefined>
  /** it stood under its mother's number: of identity numbers only that of somebody who was born when it was is its own */
  newborn?: true
}

/**
 * @param persons the person behind a source's patient record: the master once linked, else the record itself
 * @param same whoever is one person, by likeness too: neither is named for the other, but both are heard
 * @param visits of Encounters that turned out to be another one (../visit) that one
 * @returns the resource; `withdrawn` when the sources that go first say that it is void (their newest word counts)
 */
export function fold(
  type: string,
  id: string,
  said: readonly Statement[],
  persons: (patient: string) => string,
  additions: FoldAdditions = {},
  same: (patient: string) => string = persons,
  visits: ReadonlyMap<string, string> = new Map(),
): Folded {
  const heard = LINES.has(type) ? said.filter((s) => isOfLast(s, said)) : said
  const meant = heard.filter(({ verdict, state }) => verdict === undefined || state.withdrawn)
  const statements = meant.filter((s) => !isOfAnother(type, s, meant, same))
  const { leading, newest } = leadersOf(type, bySpeaker(statements))
  const withdrawn = newest.state.withdrawn
  const own = statements.filter((s) => isAboutOne(type, newest, s, same))
  const voices = inOrder(type, bySpeaker(own.map((s) => withMembersApart(type, s))))
  const leaders = new Set(leading.map(speakerOf))
  const speaking = voices.filter((s) => (withdrawn ? leaders.has(speakerOf(s)) : !isTakenBack(s, voices)))
  const chosen = new Chosen(type, speaking, persons, visits)
  const judged = judgedIn(heard.filter((s) => s.verdict !== undefined && isAboutOne(type, newest, s, same)))
  return {
    type,
    id,
    text: withdrawn
      ? withdrawnText(type, id, chosen)
      : wholeText(type, id, chosen, { ...additions, elements: { ...additions.elements, ...judged } }),
    custodian: newest.organization,
    withdrawn,
    persons: [...new Set(own.flatMap((s) => (s.patient ? [persons(s.patient.id)] : [])))].sort(),
    apart: meant.filter((s) => !own.includes(s)).map(voiceOf),
  }
}

const LINES: ReadonlySet<string> = new Set(['ChargeItem', 'MedicationRequest'])

/** A verdict of a charge line that was stated anew since is none of it: it may stand in another batch, of which nobody said anything. */
const isOfLast = ({ verdict }: Statement, said: readonly Statement[]): boolean =>
  verdict === undefined || verdict.startsWith(`${saidAt(said)}|`)

const inOrder = (type: string, statements: readonly Statement[]): Statement[] =>
  [...statements].sort((a, b) => rank(type, a.kind) - rank(type, b.kind) || compare(speakerOf(a), speakerOf(b)))

interface Leaders {
  leading: Statement[]
  /** of them: it says whether the thing stands, whose it is and who keeps it */
  newest: Statement
}

/** Those that go first. */
export function leadersOf(type: string, statements: readonly Statement[]): Leaders {
  const ordered = inOrder(type, statements)
  const told = ordered.filter((s) => !isMention(s.state.at))
  const standing = ordered.some(({ via }) => via !== undefined && !isOfLists(via)) ? told.filter((s) => letsStand(type, s, told)) : []
  const about = standing.length > 0 ? standing : told
  const first = about[0] ?? ordered[0]
  if (!first) throw new TypeError('nothing was stated')
  const leading = (about.length > 0 ? about : ordered).filter((s) => rank(type, s.kind) === rank(type, first.kind))
  return { leading, newest: leading.reduce((a, b) => (b.state.at > a.state.at ? b : a)) }
}

/**
 * Whether it counts in the first place, where something is said apart. A visit of which several tell stands as long as one of them says so; a claim as
 * long as one of its settlements, which an earlier request whose answer is not known is none of; else only what was taken back apart does not count.
 */
function letsStand(type: string, said: Statement, told: readonly Statement[]): boolean {
  const { via } = said
  if (isTakenBack(said, told)) return type !== 'Encounter' && type !== 'Claim' && via === undefined
  return type !== 'Claim' || (via !== undefined && !isAsked(via))
}

/** Elements that follow from what was known when a verdict was made. */
const judgedIn = (verdicts: readonly Statement[]): Record<string, string> =>
  Object.assign({}, ...verdicts.flatMap(({ units }) => Object.values(units).map(({ members }) => members)))

/** Who said it, or another source of the same word, took it back. */
const isTakenBack = ({ via, state }: Statement, all: readonly Statement[]): boolean =>
  state.withdrawn || (via !== undefined && all.some((other) => other.via === via && other.state.withdrawn && other.state.at > state.at))

/**
 * A thing is about one person. What is said under the same number of somebody else is kept and does not speak: neither gets to see what is
 * the other's. It speaks once the two turn out to be one person.
 */
function isAboutOne(type: string, leading: Statement, other: Statement, same: (patient: string) => string): boolean {
  if (type === 'Patient' || !leading.patient || !other.patient) return true
  return same(leading.patient.id) === same(other.patient.id)
}

interface Said {
  entry: ListEntry
  by: Statement
}

/** Elements chosen from the statements that speak, as JSON texts. */
class Chosen {
  readonly #type: string
  readonly #statements: readonly Statement[]
  readonly #persons: (patient: string) => string
  readonly #visits: ReadonlyMap<string, string>

  constructor(type: string, statements: readonly Statement[], persons: (patient: string) => string, visits: ReadonlyMap<string, string>) {
    this.#type = type
    this.#statements = statements
    this.#persons = persons
    this.#visits = visits
  }

  unitNames(): string[] {
    return [...new Set(this.#statements.flatMap((s) => Object.keys(s.units)))].sort()
  }

  #best(name: string): { unit: Unit; by: Statement } | undefined {
    let best: { unit: Unit; by: Statement } | undefined
    for (const by of this.#statements) {
      const unit = by.units[name]
      if (unit && (!best || this.#before(by, unit.at, best.by, best.unit.at))) best = { unit, by }
    }
    return best
  }

  /** Whether the one unit goes before the other: it was said later, or the other not at all. */
  goesBefore(name: string, other: string): boolean {
    const [a, b] = [this.#best(name), this.#best(other)]
    return a !== undefined && (!b || this.#before(a.by, a.unit.at, b.by, b.unit.at))
  }

  /**
   * Members of a unit, of the source that goes first and there of the newest statement.
   * @param members to which they are added
   */
  unit(name: string, members: Record<string, string> = {}): Record<string, string> {
    const best = this.#best(name)
    if (!best) return members
    const said = best.unit.members
    for (const element of Object.keys(said)) members[element] = this.#resolved(said[element] as string, best.by)
    return members
  }

  /** The united list, or undefined when nobody names a member. */
  list(path: string, leaveOut?: (item: Record<string, unknown>) => boolean): string | undefined {
    if (this.#statements.every((by) => by.lists[path] === undefined)) return undefined
    const chosen = new Map<string, Said>()
    for (const by of this.#statements) {
      for (const [key, entry] of Object.entries(by.lists[path] ?? {})) {
        const known = chosen.get(key)
        const said = known && !this.#before(by, entry.at, known.by, known.entry.at) ? known : { entry, by }
        // A later version leaves it in its place, as a later word does that is not kept apart.
        const isAgain = known?.by.source === by.source && isOfLists(by.via)
        const first = isAgain && compare(known.entry.first, entry.first) < 0 ? known.entry.first : entry.first
        chosen.set(key, isAgain ? { ...said, entry: { ...said.entry, first } } : said)
      }
    }
    const rule = LISTS_OF[this.#type]?.[path] ?? LISTS[path]
    if (rule?.about) this.#unlist(chosen, rule)
    if (chosen.size === 0) return undefined
    const ordered = [...chosen.values()].sort(
      (a, b) =>
        rank(this.#type, a.by.kind) - rank(this.#type, b.by.kind) ||
        compare(a.entry.first, b.entry.first) ||
        compare(a.entry.items[0], b.entry.items[0]),
    )
    const all = ordered.flatMap(({ entry, by }) => entry.items.map((text) => this.#resolved(text, by)))
    const items = leaveOut ? all.filter((text) => !leaveOut(JSON.parse(text) as Record<string, unknown>)) : all
    if (items.length === 0) return undefined
    return `[${(rule?.references ? withoutBareDisplays(items) : items).join(',')}]`
  }

  /** Of a unit that is a list those members that were not unlisted after it was said; undefined: none. */
  membersOf(name: string, about: (item: never) => string): string | undefined {
    const best = this.#best(name)
    const text = this.unit(name)[name]
    if (!best || text === undefined) return undefined
    if (this.#statements.every(({ lists }) => lists[name] === undefined)) return text
    const isGone = (member: unknown): boolean =>
      this.#statements.some((by) => {
        const word = by.lists[name]?.[unlistedKey(about(member as never))]
        return word !== undefined && this.#before(by, word.at, best.by, best.unit.at)
      })
    const left = (JSON.parse(text) as unknown[]).filter((member) => !isGone(member))
    return left.length > 0 ? JSON.stringify(left) : undefined
  }

  /**
   * Takes out what is about a thing that was unlisted after all of it was said, what was said before all of its kind were named, and the words that say
   * so.
   */
  #unlist(chosen: Map<string, Said>, { about, kind }: ListRule): void {
    const words = [...chosen].filter(([key]) => isUnlistedKey(key))
    for (const [key] of words) chosen.delete(key)
    for (const [key, word] of words) {
      const isOlder = ([, said]: [string, Said]): boolean => this.#before(word.by, word.entry.at, said.by, said.entry.at)
      const members = (name: (item: never) => string): [string, Said][] =>
        [...chosen].filter(([, { entry }]) => name(JSON.parse(entry.items[0] ?? '{}') as never) === key)
      const gone = about ? members((item) => unlistedKey(about(item))) : []
      const replaced = kind ? members((item) => wholeKey(kind(item))).filter(isOlder) : []
      for (const [member] of gone.every(isOlder) ? [...gone, ...replaced] : replaced) chosen.delete(member)
    }
  }

  #before(a: Statement, aAt: string, b: Statement, bAt: string): boolean {
    if (isMention(aAt) !== isMention(bAt)) return isMention(bAt)
    const byRank = rank(this.#type, a.kind) - rank(this.#type, b.kind)
    return byRank < 0 || (byRank === 0 && (aAt > bAt || (aAt === bAt && a.source < b.source)))
  }

  #resolved(said: string, by: Statement): string {
    const text = withVisits(said, this.#visits)
    if (!by.patient || !text.includes(PLACEHOLDER_TEXT)) return text
    return text.replaceAll(PLACEHOLDER_TEXT, JSON.stringify(`Patient/${this.#persons(by.patient.id)}`))
  }
}

const VISIT = /"Encounter\/([a-z2-7]{26})"/g

/** Encounters to which a statement refers, as its source numbers them. */
export const visitsIn = (text: string): string[] => [...text.matchAll(VISIT)].map(([, id = '']) => id)

/** What is kept names the visit as its source does: which one that is, may be known later, or turn out otherwise. */
const withVisits = (text: string, visits: ReadonlyMap<string, string>): string =>
  visits.size === 0 ? text : text.replace(VISIT, (reference, id: string) => (visits.has(id) ? `"Encounter/${visits.get(id)}"` : reference))

/** `钱检验` alone says nothing beside a reference that is displayed as `钱检验`. */
function withoutBareDisplays(items: string[]): string[] {
  if (items.every((text) => text.startsWith('{"reference":'))) return items
  const parsed = items.map((text) => JSON.parse(text) as { reference?: string; identifier?: unknown; display?: string })
  const named = new Set(parsed.flatMap((item) => (item.display && (item.reference || item.identifier) ? [item.display] : [])))
  return items.filter((_, at) => {
    const item = parsed[at]
    return !item || item.reference !== undefined || item.identifier !== undefined || !named.has(item.display ?? '')
  })
}

function metaText(chosen: Chosen, lists: readonly string[]): string {
  const members = { ...chosen.unit('meta.source') }
  for (const name of lists) {
    const list = chosen.list(`meta.${name}`)
    if (list) members[name] = list
  }
  return objectText(members)
}

/** Elements of a type in a stable order, the ones that a reader looks for first. */
const FRONT = ['identifier', 'active', 'status', 'category', 'code', 'name', 'subject', 'patient', 'encounter']
const PLACES: ReadonlyMap<string, number> = new Map(FRONT.map((element, at) => [element, at]))
const placeOf = (element: string): number => PLACES.get(element) ?? FRONT.length

function wholeText(type: string, id: string, chosen: Chosen, additions: FoldAdditions): string {
  const elements: Record<string, string> = {}
  const names = chosen.unitNames()
  for (const name of names) if (!APART.has(name) && !isPart(name)) chosen.unit(name, elements)
  for (const [alone, part] of [
    [START_ALONE, 'start'],
    [END_ALONE, 'end'],
  ] as const) {
    if (!chosen.goesBefore(alone, 'period')) continue
    const period = withPart(elements.period, part, chosen.unit(alone)[alone])
    if (period === undefined) delete elements.period
    else elements.period = period
  }
  for (const element of elementsInParts(type)) {
    const joined = withParts(chosen, element, names)
    if (joined === undefined) delete elements[element]
    else elements[element] = joined
  }
  for (const path of listsOf(type)) {
    const isOthers = additions.newborn && path === 'identifier' ? isOfAnotherBirth(elements.birthDate) : undefined
    const list = chosen.list(path, isOthers)
    if (!list) continue
    if (path.endsWith('.coding')) elements.code = withCoding(elements.code, list)
    else elements[path] = list
  }
  for (const [element, about] of unitsWithMembers(type)) {
    const left = chosen.membersOf(element, about)
    if (left === undefined) delete elements[element]
    else elements[element] = left
  }
  for (const [element, text] of Object.entries(additions.elements ?? {})) {
    if (text === undefined) delete elements[element]
    else elements[element] = text
  }
  return assemble(type, id, metaText(chosen, ['profile', 'security', 'tag']), elements)
}

/** @param born JSON text of the birth date; undefined: nobody knows it, and no number is known to be its own */
function isOfAnotherBirth(born: string | undefined): (identifier: Record<string, unknown>) => boolean {
  const date = born === undefined ? undefined : (JSON.parse(born) as string)
  return ({ system, value }) =>
    system === NATIONAL.idCard && (date === undefined || readIdentityNumber(String(value)).birthDate?.startsWith(date) !== true)
}

/** Units that are no elements by themselves. */
const APART: ReadonlySet<string> = new Set(['meta.source', END_ALONE, START_ALONE])

/** An element of its parts, each as it was said last; what was said or taken back of it as a whole goes before what is older. */
function withParts(chosen: Chosen, element: string, names: readonly string[]): string | undefined {
  const whole = chosen.unit(element)[element]
  const parts = new Map(Object.entries(JSON.parse(whole ?? '{}') as object).map(([part, said]) => [part, JSON.stringify(said)]))
  const isTakenBack = whole === undefined && names.includes(element)
  for (const name of names.filter((one) => one.startsWith(`${element}.`))) {
    const part = name.slice(element.length + 1)
    if ((isTakenBack || parts.has(part)) && !chosen.goesBefore(name, element)) continue
    const said = chosen.unit(name)[name]
    if (said === undefined) parts.delete(part)
    else parts.set(part, said)
  }
  return parts.size === 0 ? undefined : objectText(Object.fromEntries([...parts].sort()))
}

/** A period with another beginning or end, or with none. */
function withPart(period: string | undefined, part: 'start' | 'end', said: string | undefined): string | undefined {
  const parts = JSON.parse(period ?? '{}') as { start?: unknown; end?: unknown }
  parts[part] = said === undefined ? undefined : (JSON.parse(said) as unknown)
  const { start, end } = parts
  const all = { ...(start !== undefined && { start }), ...(end !== undefined && { end }) }
  return Object.keys(all).length > 0 ? JSON.stringify(all) : undefined
}

function withdrawnText(type: string, id: string, chosen: Chosen): string {
  const { keep, masked, status } = withdrawnStub(type)
  const elements: Record<string, string> = { ...masked }
  for (const name of keep) chosen.unit(name, elements)
  if (type !== 'Patient') {
    const identifier = chosen.list('identifier')
    if (identifier) elements.identifier = identifier
    const [{ code }, coding] = [chosen.unit('code'), chosen.list('code.coding')]
    if (coding) elements.code = withCoding(code, coding)
    else if (code !== undefined) elements.code = code
  }
  elements[status[0]] = status[1]
  // What was stated before the withdrawal claimed a profile whose elements are now gone; what is left claims none.
  return assemble(type, id, metaText(chosen, ['security', 'tag']), elements)
}

function withCoding(code: string | undefined, list: string): string {
  return code === undefined || code === '{}' ? `{"coding":${list}}` : `{"coding":${list},${code.slice(1)}`
}

function assemble(type: string, id: string, meta: string, elements: Record<string, string>): string {
  const names = Object.keys(elements).sort((a, b) => placeOf(a) - placeOf(b) || compare(a, b))
  let text = `{"resourceType":${JSON.stringify(type)},"id":${JSON.stringify(id)}`
  if (meta !== '{}') text += `,"meta":${meta}`
  for (const name of names) text += `,${quoted(name)}:${elements[name]}`
  return `${text}}`
}

const objectText = (members: Record<string, string>): string =>
  `{${Object.entries(members)
    .map(([name, text]) => `${JSON.stringify(name)}:${text}`)
    .join(',')}}`

const compare = (a = '', b = ''): number => (a < b ? -1 : a > b ? 1 : 0)
