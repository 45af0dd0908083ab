/**
 * The pseudonymised form (limited data set, profiles.md 4.2): an allow-list of elements; pseudonyms, shifted dates and no
 * texts inside them. Numbers keep their digits.
 */
import { createHmac } from 'node:crypto'
import type { Actor } from '../auth/actor.ts'
import { isLocalSystem } from '../fhir/local-system.ts'
import { type DecimalTexts, parseResource } from '../fhir/resource-text.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Acc } from './decision.ts'
import { CODE_ELEMENTS, isKept, isOpenParameter, keptElements, NEVER, UNMASKED } from './deidentify-elements.ts'
import { type Demands, demandsOf } from './required-elements.ts'

const PSEUDED = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'PSEUDED' }
const SHIFT_WEEKS_MAX = 26
const AGE_TOP_YEARS = 90
const UNIT_CHARACTERS_MAX = 20
const DAY_MS = 86_400_000

export interface Pseudonymiser {
  /** @throws OutcomeError forbidden for the anonymous form: no release without a privacy audit */
  mask(actor: Actor, text: string, acc: Acc): string
  /** the id under which this actor meets a resource */
  maskId(actor: Actor, type: string, id: string): string
}

interface Context {
  decimals: DecimalTexts
  pseudonym(type: string, id: string): string
  shiftDays: number
  year: number
}

/** @param secret master key of all studies' keys, kept outside the database */
export function createPseudonymiser(secret: Uint8Array, now: () => Date): Pseudonymiser {
  const keys = new Map<string, Uint8Array>()
  /** Two studies get pseudonyms that cannot be joined; without a study, an organisation has its own. */
  const keyOf = (actor: Actor): Uint8Array => {
    const release = actor.study === undefined ? `organization|${actor.organization}` : `study|${actor.study}`
    const key = keys.get(release) ?? createHmac('sha256', secret).update(`pseudonym|${release}`).digest()
    keys.set(release, key)
    return key
  }
  return {
    maskId: (actor, type, id) => (actor.form === 'IDENT' ? id : pseudonymOf(keyOf(actor), type, id)),
    mask(actor, text, acc) {
      if (actor.form === 'IDENT' || actor.unrestricted) return text
      const { resource, decimals } = parseResource(text)
      if (UNMASKED.has(resource.resourceType) && acc.p.length === 0) return text
      if (actor.form === 'ANON') throw new OutcomeError('forbidden')
      const key = keyOf(actor)
      const context: Context = {
        decimals,
        pseudonym: (type, id) => pseudonymOf(key, type, id),
        shiftDays: shiftOf(key, acc.p[0] ?? ''),
        year: now().getUTCFullYear(),
      }
      return maskResource(resource, context)
    },
  }
}

/** No release is anonymous before an audit of it exists: of that form there is only what passes unmasked. */
export const isReleased = (actor: Actor, type: string): boolean =>
  actor.form !== 'ANON' || actor.unrestricted === true || UNMASKED.has(type)

/** Undefined: all parameters. */
export function openParams(actor: Actor, type: string): ((code: string, modifier?: string) => boolean) | undefined {
  if (actor.form === 'IDENT' || actor.unrestricted || UNMASKED.has(type)) return undefined
  return (code, modifier) => isOpenParameter(type, code, modifier)
}

/** Whether this actor sees what stands at the path in resources of the type. */
export const formShows = (actor: Actor, type: string, path: readonly string[]): boolean =>
  openParams(actor, type) === undefined || isKept(type, path)

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

function pseudonymOf(key: Uint8Array, type: string, id: string): string {
  const digest = createHmac('sha256', key).update(`${type}/${id}`).digest()
  let out = ''
  for (let bit = 0; out.length < 26; bit += 5) {
    const at = bit >> 3
    const pair = ((digest[at] as number) << 8) | (digest[at + 1] ?? 0)
    out += BASE32[(pair >> (11 - (bit & 7))) & 31]
  }
  return out
}

/** Whole weeks, so that the day of the week stays; never none. */
function shiftOf(key: Uint8Array, person: string): number {
  const draw = createHmac('sha256', key).update(`shift|${person}`).digest().readUInt32BE(0) % (2 * SHIFT_WEEKS_MAX)
  const weeks = draw < SHIFT_WEEKS_MAX ? draw - SHIFT_WEEKS_MAX : draw - SHIFT_WEEKS_MAX + 1
  return weeks * 7
}

type Node = Record<string, unknown>

function maskResource(resource: Node, context: Context): string {
  const type = resource.resourceType as string
  const kept = keptElements(type)
  const demands = demandsOf(type)
  const parts = [
    `"resourceType":${JSON.stringify(type)}`,
    ...(typeof resource.id === 'string' ? [`"id":${JSON.stringify(context.pseudonym(type, resource.id))}`] : []),
    `"meta":${JSON.stringify({ security: [PSEUDED] })}`,
  ]
  const stays = new Set<string>()
  for (const key of Object.keys(resource)) {
    if (!kept?.has(key)) continue
    const text =
      key === 'birthDate'
        ? birthDateText(resource[key], context)
        : key === 'address'
          ? addressText(resource[key])
          : valueText(resource, key, context, demands?.of(key))
    if (text === undefined) continue
    stays.add(key)
    parts.push(`${JSON.stringify(key)}:${text}`)
  }
  return `{${[...parts, ...markedIn(demands, stays)].join(',')}}`
}

/** What R4 demands and nothing is left of: a client that reads R4 goes on reading it. */
const markedIn = (demands: Demands | undefined, stays: ReadonlySet<string>): string[] =>
  (demands?.required ?? []).flatMap(({ names, masked }) => (names.some((name) => stays.has(name)) ? [] : [masked]))

/** JSON text of one member, or undefined when nothing of it stays. */
function valueText(
  holder: object,
  key: string | number,
  context: Context,
  demands: Demands | undefined,
  element = String(key),
): string | undefined {
  const value = (holder as Record<string | number, unknown>)[key]
  if (typeof value === 'number') return context.decimals.text(holder, key)
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return stringText(value, element, context)
  if (value === null || typeof value !== 'object') return undefined
  if (!Array.isArray(value)) return objectText(value as Node, context, demands)
  const items = value.flatMap((_, at) => valueText(value, at, context, demands, element) ?? [])
  return items.length === 0 ? undefined : `[${items.join(',')}]`
}

function stringText(value: string, element: string, context: Context): string | undefined {
  if (ISO_DATE.test(value)) return JSON.stringify(shiftDate(value, context.shiftDays))
  if (!CODE_ELEMENTS.has(element)) return undefined
  if (element === 'unit' && (value.length > UNIT_CHARACTERS_MAX || /\d{5}/.test(value))) return undefined
  return JSON.stringify(value)
}

function objectText(node: Node, context: Context, demands: Demands | undefined): string | undefined {
  if (typeof node.reference === 'string') return referenceText(node.reference, context)
  // A code of a hospital's own numbers would name the hospital, and may be a number of the person.
  if (typeof node.system === 'string' && isLocalSystem(node.system)) return undefined
  const parts: string[] = []
  const stays = new Set<string>()
  for (const key of Object.keys(node)) {
    if (NEVER.has(key) || key.startsWith('_')) continue
    const text = valueText(node, key, context, demands?.of(key))
    if (text === undefined) continue
    stays.add(key)
    parts.push(`${JSON.stringify(key)}:${text}`)
  }
  return parts.length === 0 ? undefined : `{${[...parts, ...markedIn(demands, stays)].join(',')}}`
}

function referenceText(reference: string, context: Context): string | undefined {
  const found = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/.+)?$/.exec(reference)
  if (!found) return undefined
  const [, type = '', id = ''] = found
  return JSON.stringify({ reference: `${type}/${context.pseudonym(type, id)}` })
}

const ISO_DATE = /^\d{4}(?:-\d{2}(?:-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?)?)?$/

/** Days are shifted, times cut to the hour; a month alone would show the shift, so only its year stays. */
function shiftDate(text: string, days: number): string {
  if (text.length < 10) return text.slice(0, 4)
  const shifted = new Date(Date.parse(`${text.slice(0, 10)}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
  const time = /^T(\d{2}):\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?$/.exec(text.slice(10))
  if (!time) return shifted
  return time[2] === undefined ? shifted : `${shifted}T${time[1]}:00:00${time[2]}`
}

/** Year and month; the very old would be few, so theirs goes. */
function birthDateText(value: unknown, context: Context): string | undefined {
  if (typeof value !== 'string' || !/^\d{4}/.test(value)) return undefined
  if (context.year - Number(value.slice(0, 4)) >= AGE_TOP_YEARS) return undefined
  return JSON.stringify(value.slice(0, 7))
}

/** Province and prefecture. */
function addressText(value: unknown): string | undefined {
  if (!Array.isArray(value)) return undefined
  const kept = value.flatMap((one: Node) => {
    const area = {
      ...(typeof one.state === 'string' ? { state: one.state } : {}),
      ...(typeof one.city === 'string' ? { city: one.city } : {}),
    }
    return Object.keys(area).length === 0 ? [] : [area]
  })
  return kept.length === 0 ? undefined : JSON.stringify(kept)
}
