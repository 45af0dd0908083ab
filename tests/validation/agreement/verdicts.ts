/** Verdicts of both validators in one form: which elements have errors, and of what kind. */
import type { ValidationIssue } from '../../../server/validation/validator.ts'

/** A message of HL7's engine, as java/src/Verdicts.java writes it. */
export interface JavaIssue {
  severity: string
  at: string
  id: string
  text: string
}

/** Kinds of errors by element. */
export type Errors = Map<string, string[]>

/**
 * The element as our expressions name it: no type of a choice, no names of resources or slices, no resolved references.
 * `Observation.value.ofType(Quantity)` is `Observation.value`.
 */
const elementOf = (at: string): string =>
  at
    .replace(/\/\*.*?\*\//g, '')
    .replace(/\.ofType\(\w+\)/g, '')
    .replace(/\[url='.*?'\]/g, '')
    .replaceAll('[x]', '')
    .replace(/:[\w-]+/g, '')

/** Where the engine names the element in the text, and the object that should have it (or has one more) as the place. */
const COUNTED =
  /^(?:Slice ')?(?:[A-Z]\w*\.)?(?:[\w[\]:.-]+\.)?([\w[\]]+)(?::[\w/-]+)?(?:'|:).*(?:minimum required|max allowed|matching slice is required)/
const UNKNOWN = /^Unrecognized property '(\w+)'/
const CHOICE = /^([a-z]\w*?)(?:Boolean|DateTime|Period|String)$/

/** A code is told of the concept by one, of its coding by the other. */
const conceptOf = (at: string): string => at.replace(/\.coding\[\d+\]$/, '')

/** Messages that are placed otherwise than ours, by their id. */
const PLACES: Record<string, (at: string) => string> = {
  SD_CONSTRAINED_KIND_NO_MATCH: (at) => `${at}.kind`,
  SD_DERIVATION_KIND_MISMATCH: (at) => `${at}.kind`,
  SD_ED_BIND_NOT_VS: (at) => `${at}.valueSet`,
  Extension_EXT_Type: (at) => `${at}.value`,
  Extension_EXT_Url_NotFound: (at) => `${at}.url`,
  Terminology_PassThrough_TX_Message: conceptOf,
  VALUESET_REFERENCE_INVALID_TYPE_NO_VERSION_1: (at) => `${at}.system`,
  VALUESET_INCLUDE_SYSTEM_ABSOLUTE_FRAG: (at) => `${at}.system`,
}

/** The text names the entry by its URL, the place is always the first. */
const FULL_URL = /^The fullUrl (?:'|must be an absolute URL \(not ')(.*?)'/

/** The text names the reference, the place is the Bundle. */
const LINK = /in the bundle \((Bundle\.entry\[\d+\]\.[^)]*)\)/

/** The text names the element by its id; as a place it counts elements that it has made itself. */
const SNAPSHOT_ELEMENT = /^The element (\S+) /

/** A choice with a type that the profile does not leave it: the place is what holds it. */
const CHOSEN =
  /^The type of element ([a-z]\w*?)(?:Instant|DateTime|Date|Time|Period|Timing|String|Boolean|Integer|Quantity|CodeableConcept|Range|Ratio) is not known/

interface WithSnapshot {
  snapshot?: { element?: { id?: string }[] }
}

function javaElement({ at, id, text }: JavaIssue, resource: object): string {
  const place = elementOf(at)
  const named = (resource as WithSnapshot).snapshot?.element?.findIndex((one) => one.id === SNAPSHOT_ELEMENT.exec(text)?.[1]) ?? -1
  if (named >= 0 && place.startsWith('StructureDefinition.snapshot.element[')) return `StructureDefinition.snapshot.element[${named}]`
  const chosen = CHOSEN.exec(text)?.[1]
  if (chosen !== undefined) return `${place}.${chosen}`
  const told = PLACES[id]
  if (told) return told(place)
  if (FULL_URL.test(text)) {
    const entries = (resource as { entry?: { fullUrl?: string }[] }).entry ?? []
    return `Bundle.entry[${entries.findIndex(({ fullUrl }) => fullUrl === FULL_URL.exec(text)?.[1])}]`
  }
  const link = LINK.exec(text)?.[1]
  if (link !== undefined) return link
  const unknown = UNKNOWN.exec(text)?.[1]
  // A second form of a choice is unknown to one, one too many to the other.
  if (unknown !== undefined) return `${place.endsWith(`.${unknown}`) ? place.slice(0, -unknown.length - 1) : place}.${choiceOf(unknown)}`
  const counted = COUNTED.exec(text)?.[1]
  return counted === undefined ? place : elementOf(`${place}.${counted}`)
}

const choiceOf = (name: string): string => CHOICE.exec(name)?.[1] ?? name

/**
 * What says nothing about the resource: the engine could not do its work without a network, or tells of the rules of HL7's own
 * publications (working group, publisher, maturity).
 */
const NO_VERDICT = /^(?:failed$|ERROR_GENERATING_SNAPSHOT$|IG_HL7_|VALIDATION_HL7_)/

/** Offline the engine has no Library: it then says of a Measure that names one that it names none. */
const isOffline = ({ id }: JavaIssue, { library }: { library?: unknown[] }): boolean =>
  id === 'MEASURE_M_CRITERIA_CQL_NO_LIB' && library !== undefined

export function javaErrors(issues: readonly JavaIssue[], resource: object): Errors {
  const found: Errors = new Map()
  for (const issue of issues)
    if (isError(issue.severity) && !NO_VERDICT.test(issue.id) && !isOffline(issue, resource))
      add(found, javaElement(issue, resource), kindOf(issue))
  return found
}

/** The engine's id of a message; for an invariant its key. Some messages have none: their first words. */
const kindOf = ({ id, text }: JavaIssue): string =>
  id.includes('#')
    ? id.slice(id.indexOf('#') + 1)
    : id === ''
      ? text
          .split(' ')
          .slice(0, 3)
          .join(' ')
          .replace(/[^\w ]/g, '')
      : id

/** Rules about facts that this project has beyond R4 and its profiles (check digits, sums of money): the engine knows none of them. */
const isOwnRule = ({ kind, rule }: ValidationIssue): boolean => kind === 'data' && rule.startsWith('cn-')

/** The engine is told to take any extension (it would call each unknown one an error), and then takes any modifier too. */
const isNotAsked = ({ code }: ValidationIssue): boolean => code === 'modifier-unknown'

export function ourErrors(issues: readonly ValidationIssue[]): Errors {
  const found: Errors = new Map()
  for (const issue of issues)
    if (isError(issue.severity) && !isOwnRule(issue) && !isNotAsked(issue)) add(found, ourElement(issue), `${issue.code} ${issue.rule}`)
  return found
}

/** The engine tells of an extension in the wrong place at that place. */
function ourElement({ code, expression }: ValidationIssue): string {
  if (code === 'extension-place') return expression.replace(/\.(?:modifierE|e)xtension\[\d+\]$/, '')
  return code === 'code-unknown' ? conceptOf(expression) : elementOf(expression)
}

const isError = (severity: string): boolean => severity === 'error' || severity === 'fatal'

function add(found: Errors, at: string, kind: string): void {
  const kinds = found.get(at) ?? []
  if (!kinds.includes(kind)) kinds.push(kind)
  found.set(at, kinds)
}
