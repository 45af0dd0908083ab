/** The criteria of one Consent.provision. */
import { PARTIES } from '../auth/actor.ts'
import { FUTURE, PAST, parsePeriod } from '../fhir/date.ts'
import type { Zone } from '../fhir/zone.ts'
import type { Criteria, NamedCode, NamedInstance, Span } from './consent-model.ts'
import { KNOWN_PURPOSES } from './purposes.ts'

export type Element = Record<string, unknown>

export const list = (value: unknown): Element[] =>
  Array.isArray(value) ? value.filter((one): one is Element => one !== null && typeof one === 'object') : isElement(value) ? [value] : []

const isElement = (value: unknown): value is Element => value !== null && typeof value === 'object' && !Array.isArray(value)

export const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

/** `Type/id` of a Reference, without version. */
export function reference(value: unknown): string | undefined {
  const target = text(isElement(value) ? value.reference : undefined)
  return target?.replace(/\/_history\/[^/]+$/, '')
}

/** Values of an extension by the last part of its url: the canonical base may be a site's own. */
export function extensionValues(element: Element, id: string): Element[] {
  return list(element.extension).filter((one) => text(one.url)?.endsWith(`/StructureDefinition/${id}`))
}

const KNOWN_EXTENSIONS = ['cn-consent-study', 'cn-data-form', 'cn-meta-model']

/** `unknown`: there is a period, but it cannot be read. */
export function spanOf(value: unknown, zone: Zone): Span | 'unknown' | undefined {
  if (value === undefined) return undefined
  if (!isElement(value)) return 'unknown'
  const interval = parsePeriod(value.start, value.end, zone)
  const unreadable = (side: unknown, at: number | undefined, open: number) => side !== undefined && (at === undefined || at === open)
  if (!interval || unreadable(value.start, interval.lo, PAST) || unreadable(value.end, interval.hi, FUTURE)) return 'unknown'
  return { ...(interval.lo === PAST ? {} : { from: interval.lo }), ...(interval.hi === FUTURE ? {} : { until: interval.hi }) }
}

/** `denies`: for codes that may or may not cover ours, the reading that denies more. */
export function criteriaOf(element: Element, denies: boolean, zone: Zone): Criteria {
  const criteria: Criteria = {}
  const unknown = () => {
    criteria.unknown = true
  }
  const period = spanOf(element.period, zone)
  if (period === 'unknown') unknown()
  else if (period) criteria.period = period
  const dataPeriod = spanOf(element.dataPeriod, zone)
  if (dataPeriod === 'unknown') unknown()
  else if (dataPeriod) criteria.dataPeriod = dataPeriod
  if (element.purpose !== undefined) purposes(element, denies, criteria)
  if (element.action !== undefined) actions(element, denies, criteria)
  if (element.actor !== undefined) actors(element, criteria)
  if (element.class !== undefined) criteria.class = codings(list(element.class), unknown)
  if (element.code !== undefined) criteria.code = list(element.code).flatMap((concept) => codings(list(concept.coding), unknown))
  if (element.code !== undefined && criteria.code?.length === 0) unknown()
  if (element.securityLabel !== undefined) criteria.label = codings(list(element.securityLabel), unknown).map((one) => one.code)
  if (element.data !== undefined) criteria.data = instances(list(element.data), unknown)
  extensions(element, criteria)
  if (element.modifierExtension !== undefined) unknown()
  dropEmpty(criteria)
  return criteria
}

/** An element of which nothing could be read is not a criterion that nothing meets, but one that is not understood. */
function dropEmpty(criteria: Criteria): void {
  for (const key of ['purpose', 'action', 'role', 'actor', 'class', 'code', 'label', 'data', 'study', 'form'] as const) {
    if (criteria[key]?.length !== 0) continue
    delete criteria[key]
    criteria.unknown = true
  }
}

function codings(found: Element[], unknown: () => void): NamedCode[] {
  if (found.length === 0) unknown()
  return found.flatMap((coding) => {
    const code = text(coding.code)
    if (code === undefined) {
      unknown()
      return []
    }
    const system = text(coding.system)
    return [{ ...(system === undefined ? {} : { system }), code }]
  })
}

const ACT_REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'

function purposes(element: Element, denies: boolean, criteria: Criteria): void {
  const found = list(element.purpose).map((coding) => ({ system: text(coding.system) ?? ACT_REASON, code: text(coding.code) ?? '' }))
  const isKnown = ({ system, code }: { system: string; code: string }) => system === ACT_REASON && KNOWN_PURPOSES.has(code)
  // A purpose that we do not know may include those that we do: a deny on it is taken to be about any.
  if (denies && !found.every(isKnown)) {
    criteria.unknown = true
    return
  }
  criteria.purpose = found.filter(isKnown).map(({ code }) => code)
}

/** Reading is access; for a deny, disclosing to somebody or letting him use it is what a reading does too. */
function actions(element: Element, denies: boolean, criteria: Criteria): void {
  const codes = list(element.action).flatMap((concept) => list(concept.coding).flatMap((coding) => text(coding.code) ?? []))
  if (denies && (codes.length === 0 || codes.some((code) => code !== 'collect' && code !== 'correct'))) codes.push('access')
  criteria.action = [...new Set(codes)]
}

const RECIPIENT_ROLES = new Set(['IRCP', 'PRCP'])
const PARTY = new RegExp(`^(?:#|Organization/)party-(${[...PARTIES, 'app'].join('|')})$`)

/** Parties by type and recipients by name. Both in one list are alternatives, so they become one criterion then. */
function actors(element: Element, criteria: Criteria): void {
  const roles: string[] = []
  const names: string[] = []
  for (const actor of list(element.actor)) {
    const code = list((actor.role as Element | undefined)?.coding).flatMap((coding) => text(coding.code) ?? [])
    const name = nameOf(actor.reference)
    if (name === undefined || (code.length > 0 && !code.some((one) => RECIPIENT_ROLES.has(one)))) {
      criteria.unknown = true
      continue
    }
    const party = PARTY.exec(name)?.[1]
    if (party) roles.push(party)
    else if (name.startsWith('#')) criteria.unknown = true
    else names.push(name)
  }
  if (roles.length > 0 && names.length > 0) criteria.actor = [...names, ...roles.map((role) => `party:${role}`)]
  else if (roles.length > 0) criteria.role = roles
  else criteria.actor = names
}

function nameOf(value: unknown): string | undefined {
  const target = reference(value)
  if (target !== undefined) return target
  const identifier = isElement(value) && isElement(value.identifier) ? value.identifier : undefined
  const number = text(identifier?.value)
  return number === undefined ? undefined : `${text(identifier?.system) ?? ''}|${number}`
}

function instances(found: Element[], unknown: () => void): NamedInstance[] {
  return found.flatMap((one) => {
    const target = reference(one.reference)
    if (target === undefined) {
      unknown()
      return []
    }
    return [{ reference: target, related: (text(one.meaning) ?? 'instance') !== 'instance' }]
  })
}

function extensions(element: Element, criteria: Criteria): void {
  const studies = extensionValues(element, 'cn-consent-study').map(
    (one) => reference(one.valueReference)?.match(/^ResearchStudy\/(.+)$/)?.[1],
  )
  if (studies.length > 0) criteria.study = studies.flatMap((id) => id ?? [])
  const forms = extensionValues(element, 'cn-data-form').map((one) => text(one.valueCode))
  if (forms.length > 0) criteria.form = forms.flatMap((form) => form ?? [])
  if (studies.includes(undefined) || forms.includes(undefined)) criteria.unknown = true
  const known = list(element.extension).every((one) => KNOWN_EXTENSIONS.some((id) => text(one.url)?.endsWith(`/StructureDefinition/${id}`)))
  if (!known) criteria.unknown = true
}
