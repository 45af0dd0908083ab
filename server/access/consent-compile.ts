/**
 * FHIR Consent (R4, consent.md 3.3; IHE PCF style root types too) to the decision's own terms. Pure. What is not understood
 * fails closed: it keeps a permit from permitting, and lets a deny deny.
 */
import { BASE as BASE_URL } from '../fhir/canonical.ts'
import { parseDate } from '../fhir/date.ts'
import { parseReference } from '../fhir/reference.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { Zone } from '../fhir/zone.ts'
import type { ConsentRule, Effect, Provision } from './consent-model.ts'
import type { ConsentVersion } from './effective-rules.ts'
import { criteriaOf, type Element, extensionValues, list, reference, spanOf, text } from './provision-criteria.ts'
import { preferencesOf } from './provision-preferences.ts'
import { ACCESS_BOUNDS } from './bounds.ts'

export interface CompiledConsent {
  /** Patient id, when the Consent names one on this server */
  patient?: string
  version: ConsentVersion
  /** every performer is the patient: no permit while a child under 14 */
  alone: boolean
  /** no dateTime that can be read: its place is the time of writing */
  undated?: true
}

const SECOND_MS = 1000
const DECIDING_SCOPES = new Set(['patient-privacy', 'research'])
const IGNORED_SCOPES = new Set(['treatment', 'adr'])

/**
 * @param recorder organisation that recorded it; '' when the patient, a guardian or an operator did
 * @param ownBase FHIR base of this server, no slash at its end: references under it are local
 * @returns undefined when the Consent is none that decides about access (scope treatment or advance directive)
 */
export function compileConsent(given: FhirResource, recorder: string, zone: Zone, ownBase = ''): CompiledConsent | undefined {
  const consent = withRelative(given, ownBase) as FhirResource
  const scopes = codesOf(consent.scope)
  if (!scopes.some((code) => DECIDING_SCOPES.has(code)) && scopes.some((code) => IGNORED_SCOPES.has(code))) return undefined
  const patient = reference(consent.patient)?.match(/^Patient\/([A-Za-z0-9\-.]{1,64})$/)?.[1]
  const dateTime = parseDate(text(consent.dateTime) ?? '', zone)
  const performers = list(consent.performer).map((one) => reference(one) ?? '')
  const alone = performers.length > 0 && performers.every((one) => one === `Patient/${patient}`)
  const isExact = dateTime === undefined || dateTime.hi - dateTime.lo <= SECOND_MS
  return {
    ...(patient === undefined ? {} : { patient }),
    version: {
      series: seriesOf(consent),
      at: dateTime?.lo ?? 0,
      ...(isExact ? {} : { latest: dateTime.hi - 1 }),
      status: text(consent.status) ?? '',
      ...(verificationOf(consent, performers, alone) === 'yes' ? {} : { unverified: true as const }),
      rule: ruleOf(consent, recorder, zone, performers, alone),
    },
    alone,
    ...(dateTime ? {} : { undated: true as const }),
  }
}

/** The same with local references in their short form, however they were written. */
function withRelative(value: unknown, ownBase: string): unknown {
  if (Array.isArray(value)) return value.map((one) => withRelative(one, ownBase))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const target = key === 'reference' && typeof inner === 'string' ? parseReference(inner, ownBase) : undefined
      return [key, target?.kind === 'local' ? `${target.type}/${target.id}` : withRelative(inner, ownBase)]
    }),
  )
}

function seriesOf(consent: FhirResource): string {
  const identifier = list(consent.identifier).find((one) => text(one.value) !== undefined)
  return identifier ? `${text(identifier.system) ?? ''}|${text(identifier.value)}` : `Consent/${consent.id ?? ''}`
}

function codesOf(concept: unknown): string[] {
  const codings = list((concept as Element | undefined)?.coding)
  return codings.flatMap((coding) => text(coding.code) ?? [])
}

type VersionRule = Omit<ConsentRule, 'series' | 'rank'>

function ruleOf(consent: FhirResource, recorder: string, zone: Zone, performers: string[], alone: boolean): VersionRule {
  const common: VersionRule = recorder === '' ? {} : { recorder }
  const verified = verificationOf(consent, performers, alone)
  if (verified === 'no') return { ...common, silent: true }
  if (verified === 'unknown') common.noPermit = true
  if (recorder !== '' && !isVerified(consent)) common.within = recorder
  const understood = codesOf(consent.scope).some((code) => DECIDING_SCOPES.has(code)) && isUnderstood(consent)
  if (!understood || parseDate(text(consent.dateTime) ?? '', zone) === undefined) common.noPermit = true
  const root = consent.provision as Element | undefined
  const period = root ? spanOf(root.period, zone) : undefined
  // A period that cannot be read must not end a dissent, nor keep a permit alive.
  if (period === 'unknown') common.noPermit = true
  else if (period) common.period = period
  const base = baseOf(consent, root)
  if (base === 'nothing') return { ...common, silent: true }
  if (isMeta(consent, root)) return { ...common, preferences: preferencesOf(root, zone) }
  const provision = provisionOf(root ?? {}, base, zone, { left: ACCESS_BOUNDS.provisionsMax }, 0)
  delete provision.criteria.period
  return { ...common, root: provision }
}

/** Where an extension of this server is read; anywhere else its narrowing would be dropped. */
const KNOWN_EXTENSIONS: Readonly<Record<string, RegExp>> = {
  '': /\/StructureDefinition\/cn-notice-version$/,
  provision: /\/StructureDefinition\/(?:cn-consent-study|cn-data-form)$/,
  'provision.provision': /\/StructureDefinition\/(?:cn-consent-study|cn-data-form|cn-meta-model)$/,
}
/** Says nothing about the rules: the narrative, and what the server or its readers note. */
const NO_RULES = new Set(['text', 'meta', 'contained'])

/** Code systems of what is understood by its code: of another system the same code may mean something else. */
const SYSTEMS = ['http://terminology.hl7.org/', 'http://hl7.org/fhir/', `${BASE_URL}/`]
const CODED: ReadonlySet<string> = new Set(['policyRule', 'scope', 'action', 'purpose', 'securityLabel', 'role'])

/**
 * No rules of which nothing is known (`implicitRules`), no modifier, no extension that this server does not read there, no code
 * of an unknown system where codes decide, at any depth.
 */
function isUnderstood(consent: FhirResource): boolean {
  const walk = (value: unknown, path: string, coded: boolean): boolean => {
    if (Array.isArray(value)) return value.every((one) => walk(one, path, coded))
    if (value === null || typeof value !== 'object') return true
    const { system } = value as { system?: unknown }
    if (coded && typeof system === 'string' && !SYSTEMS.some((known) => system.startsWith(known))) return false
    return Object.entries(value).every(([key, inner]) => {
      if (key === 'modifierExtension' || key === 'implicitRules') return false
      if (key === 'extension') return list(inner).every((one) => knownAt(path)?.test(text(one.url) ?? ''))
      return walk(inner, path === '' ? key : `${path}.${key}`, coded || CODED.has(key))
    })
  }
  return walk(Object.fromEntries(Object.entries(consent).filter(([key]) => !NO_RULES.has(key))), '', false)
}

const knownAt = (path: string): RegExp | undefined =>
  KNOWN_EXTENSIONS[/^provision(?:\.provision)+$/.test(path) ? 'provision.provision' : path]

const isVerified = (consent: FhirResource): boolean => list(consent.verification).some((one) => one.verified === true)

/** Needed when somebody else than the patient performed it, and for paper; a stated "not verified" always counts. */
function verificationOf(consent: FhirResource, performers: string[], alone: boolean): 'yes' | 'no' | 'unknown' {
  if (isVerified(consent)) return 'yes'
  if (list(consent.verification).length > 0) return 'no'
  if (performers.length === 0) return 'unknown'
  const paper = consent.sourceAttachment !== undefined
  return alone && !paper ? 'yes' : 'no'
}

const BASE: Readonly<Record<string, Effect>> = { OPTIN: 'permit', OPTINR: 'permit', OPTOUT: 'deny', OPTOUTE: 'deny', EMRGONLY: 'emergency' }

interface Base {
  effect: Effect
  unknown: boolean
}

/** A root type of its own (IHE PCF) is stronger than the policy rule. An unknown basis denies. */
function baseOf(consent: FhirResource, root: Element | undefined): Base | 'nothing' {
  const type = text(root?.type)
  if (type === 'permit' || type === 'deny') return { effect: type, unknown: false }
  const codes = codesOf(consent.policyRule)
  const effects = new Set(codes.flatMap((code) => BASE[code] ?? []))
  const [effect] = effects
  // Codes of one concept say the same thing; where they do not, nothing is permitted.
  if (effects.size > 1) return { effect: 'deny', unknown: true }
  // A code beside it that is not understood may narrow it.
  if (effect === 'permit' && codes.some((code) => BASE[code] === undefined)) return { effect: 'deny', unknown: true }
  if (effect) return { effect, unknown: false }
  if (codes.includes('NOPP') || (!root && codes.length === 0)) return 'nothing'
  // Implied consent and the grantor's choice are no consents of their own: only exceptions that deny count.
  if (codes.some((code) => code === 'IMPLIED' || code === 'IMPLIEDD' || code === 'GRANTORCHOICE'))
    return { effect: 'permit', unknown: true }
  return { effect: 'deny', unknown: true }
}

function isMeta(consent: FhirResource, root: Element | undefined): boolean {
  const categories = list(consent.category).flatMap((one) => codesOf(one))
  return categories.includes('meta') || list(root?.provision).some((one) => extensionValues(one, 'cn-meta-model').length > 0)
}

function provisionOf(element: Element, base: Base, zone: Zone, budget: { left: number }, depth: number): Provision {
  const criteria = criteriaOf(element, base.effect !== 'permit', zone)
  if (base.unknown) criteria.unknown = true
  const nested: Provision[] = []
  for (const one of list(element.provision)) {
    budget.left -= 1
    // Too deep or too many to read: what is left unread can only deny.
    if (budget.left < 0 || depth >= ACCESS_BOUNDS.provisionDepthMax) {
      nested.push({ effect: 'deny', criteria: { unknown: true }, nested: [] })
      break
    }
    nested.push(provisionOf(one, nestedBase(one), zone, budget, depth + 1))
  }
  return { effect: base.effect, criteria, nested }
}

function nestedBase(element: Element): Base {
  const type = text(element.type)
  return type === 'permit' || type === 'deny' ? { effect: type, unknown: false } : { effect: 'deny', unknown: true }
}
