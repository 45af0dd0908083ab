/** The tables of folding: who goes before whom, what belongs together, what is united. */
import type { SourceKind } from '../../../mappings/engine/types.ts'

const CLINICAL: Record<SourceKind, number> = { hospital: 0, rhip: 1, miis: 2 }
const MONEY: Record<SourceKind, number> = { miis: 0, hospital: 1, rhip: 2 }
const MONEY_TYPES = new Set(['Claim', 'ExplanationOfBenefit', 'ChargeItem', 'Coverage', 'Account', 'Invoice'])

/** 0 goes first. The hospital knows the clinical facts, the insurance the money (formats.md D25). */
export const rank = (type: string, kind: SourceKind): number => (MONEY_TYPES.has(type) ? MONEY : CLINICAL)[kind]

/** Choice elements at the root of R4 resources: a later valueString replaces an earlier valueQuantity. */
const CHOICES = [
  'value',
  'effective',
  'onset',
  'abatement',
  'performed',
  'occurrence',
  'deceased',
  'multipleBirth',
  'medication',
  'reported',
  'product',
  'serviced',
  'timing',
  'asNeeded',
  'quantity',
  'source',
  'event',
  'born',
  'item',
]
const CHOICE = new RegExp(`^(${CHOICES.join('|')})[A-Z]`)

/** A flag belongs to the value that it judges: it must never survive the value's correction. */
const TOGETHER: Record<string, string> = { dataAbsentReason: 'value', interpretation: 'value', component: 'value' }

/** Unit of the end of a visit where it was said by itself: it stands beside the beginning that others said. */
export const END_ALONE = 'period.end'
/** Unit of the beginning of a visit where nothing was meant to be said of the end. */
export const START_ALONE = 'period.start'

/**
 * Elements of which each part is a unit of its own (`hospitalization.admitSource`): how a patient came is said once, and how he left is said later by who says nothing of that.
 * Servers of before kept them whole; what they kept is read so.
 */
const IN_PARTS: Readonly<Record<string, readonly string[]>> = { Encounter: ['hospitalization'] }

export const elementsInParts = (type: string): readonly string[] => IN_PARTS[type] ?? []

const PART = new RegExp(`^(?:${Object.values(IN_PARTS).flat().join('|')})\\.`)

export const isPart = (unit: string): boolean => PART.test(unit)

const UNITS_MAX = 1_000
const units = new Map<string, string>()

/** Name of the unit that a root element belongs to. */
export function unitOf(element: string, type = ''): string {
  // What an extension says of a result (a critical value) goes with the value, as its flag does.
  if (type === 'Observation' && element === 'extension') return 'value'
  const known = units.get(element)
  if (known !== undefined) return known
  const made = unitNamed(element)
  if (units.size >= UNITS_MAX) units.clear()
  units.set(element, made)
  return made
}

function unitNamed(element: string): string {
  const name = element.startsWith('_') ? element.slice(1) : element
  const together = TOGETHER[name]
  if (together) return together
  return CHOICE.exec(name)?.[1] ?? name
}

type Keyed = Record<string, unknown>
const text = (value: unknown): string => (typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value))

const byIdentifier = (item: Keyed): string => `${text(item.system)}|${text(item.value)}`
const byReference = (item: Keyed): string => {
  if (typeof item.reference === 'string') return item.reference
  const identifier = item.identifier as Keyed | undefined
  return identifier ? `|${byIdentifier(identifier)}` : `"${text(item.display)}`
}
const byConcept = (item: Keyed): string => {
  const coding = (item.coding as Keyed[] | undefined)?.[0]
  return coding ? `${text(coding.system)}|${text(coding.code)}` : `"${text(item.text)}`
}
const byDiagnosed = (item: Keyed): string => byReference((item.diagnosisReference as Keyed | undefined) ?? {})
/** One statement's codes of one system stand or fall together: a corrected code must not stay beside its correction. */
const bySystem = (item: Keyed): string => (item.system === undefined ? `"${text(item.code)}${text(item.display)}` : text(item.system))
const byCoding = (item: Keyed): string => `${text(item.system)}|${text(item.code)}`
const byItself = (item: unknown): string => text(item)
const byUrl = (item: Keyed): string => text(item.url)
const byCondition = (item: Keyed): string => byReference((item.condition as Keyed | undefined) ?? {})
/** That it is the one to be paid for is no role of its own: the diagnosis that no longer is must not stand twice. */
const byDiagnosis = (item: Keyed): string => {
  const use = item.use as { coding?: Keyed[] } | undefined
  const role = use?.coding?.[0]?.code === 'billing' ? {} : (use ?? {})
  return `${byCondition(item)}|${byConcept(role as Keyed)}`
}

export interface ListRule {
  /** what makes two members the same one */
  key: (item: never) => string
  /** what a member is about: once that is said to be unlisted, all members about it are, until one is said again */
  about?: (item: never) => string
  /** of lists with `about`: what kind of member one is, of which a statement may name all that there are */
  kind?: (item: never) => string
  /** members that name a thing only by its display give way to one that refers to it */
  references?: true
  /** members are parts of the whole that lists them, which takes on the labels of all (server/access/inheritance.ts) */
  parts?: true
}

/** Key of the entry that says that what is about this is unlisted; no key of a list with `about` begins so. */
export const unlistedKey = (about: string): string => `-${about}`
/** Key of the entry that says that of this kind there are no others; nothing that a member is about begins so. */
export const wholeKey = (kind: string): string => `--${kind}`
export const isUnlistedKey = (key: string): boolean => key.startsWith('-')

const REFERENCES: ListRule = { key: byReference, references: true }
const PARTS: ListRule = { ...REFERENCES, parts: true }

type Actor = { actor?: Keyed; type?: unknown }
const byActor = ({ actor = {} }: Actor): string => byReference(actor)
/**
 * What servers of before kept by its display alone, without a type, is a place or another resource of a schedule; one that has a role is a resource of
 * which nobody knows what it is.
 */
const actorType = ({ actor = {}, type }: Actor): string =>
  text(actor.type) || (typeof actor.reference === 'string' ? (actor.reference.split('/')[0] ?? '') : type === undefined ? '' : 'other')

/** Lists that are united; a path with a dot is a list inside a root element. Every other element is a unit. */
export const LISTS: Record<string, ListRule> = {
  identifier: { key: byIdentifier },
  category: { key: byConcept },
  result: PARTS,
  performer: REFERENCES,
  resultsInterpreter: REFERENCES,
  basedOn: REFERENCES,
  imagingStudy: REFERENCES,
  account: REFERENCES,
  hasMember: PARTS,
  derivedFrom: REFERENCES,
  'code.coding': { key: bySystem },
  'meta.profile': { key: byItself },
  'meta.security': { key: byCoding },
  'meta.tag': { key: byCoding },
}

/** Lists united only in the types where the element has this shape. */
export const LISTS_OF: Record<string, Record<string, ListRule>> = {
  // What the admission says (cn-med-type) stands beside what the home page says (cn-icu-stay).
  Encounter: { diagnosis: { key: byDiagnosis, about: byCondition }, extension: { key: byUrl } },
  DiagnosticReport: { specimen: REFERENCES },
  // Services, staff and places are added to an appointment, and taken out of it, one by one.
  Appointment: {
    participant: { key: byActor, about: byActor, kind: actorType },
    serviceType: { key: byConcept, about: byConcept, kind: () => '' },
  },
  // Who is insured how says 1101; a visit or a settlement names some of it again.
  Coverage: { extension: { key: byUrl } },
  // The places are those of the request; its answer alone, and the list that follows, name fewer of them.
  Claim: { extension: { key: byUrl } },
  ExplanationOfBenefit: { extension: { key: byUrl } },
}

const WITH_KINDS = new Map(Object.entries(LISTS_OF).map(([type, lists]) => [type, Object.entries(lists).filter(([, { kind }]) => kind)]))

/** Lists of a type whose members are of several kinds. */
export const listsWithKinds = (type: string): readonly (readonly [path: string, ListRule])[] => WITH_KINDS.get(type) ?? []

const ELEMENTS = Object.keys(LISTS).filter((path) => !path.startsWith('meta.'))
const ELEMENTS_OF = new Map(Object.entries(LISTS_OF).map(([type, lists]) => [type, [...ELEMENTS, ...Object.keys(lists)]]))

/** Paths of all lists of a type but those of its meta. */
export const listsOf = (type: string): readonly string[] => ELEMENTS_OF.get(type) ?? ELEMENTS

/** `performer` of these types is a backbone element or a single one: a unit there. */
const NO_LIST: Record<string, ReadonlySet<string>> = {
  Procedure: new Set(['performer']),
  ChargeItem: new Set(['performer']),
  MedicationAdministration: new Set(['performer']),
  MedicationRequest: new Set(['performer']),
  Immunization: new Set(['performer']),
  ExplanationOfBenefit: new Set(['account']),
}

/** Units that are lists of whose members others may say that one is unlisted: what a member is about. */
const MEMBERS_OF: Record<string, Record<string, (item: never) => string>> = { Claim: { diagnosis: byDiagnosed } }

/** Those units of a type, each with what its members are about. */
export const unitsWithMembers = (type: string) => Object.entries(MEMBERS_OF[type] ?? {})

/** What a member of a list, or of a unit that is one, is about; undefined where nothing is unlisted. */
export const aboutIn = (type: string, path: string): ((item: never) => string) | undefined =>
  MEMBERS_OF[type]?.[path] ?? listRule(type, path)?.about

/** The rule of a list path in a type, or undefined when it is no united list there. */
export function listRule(type: string, path: string): ListRule | undefined {
  if (NO_LIST[type]?.has(path)) return undefined
  return LISTS_OF[type]?.[path] ?? LISTS[path]
}
