/** Rewriting of urn:uuid, fullUrl and conditional references inside a transaction entry, on its text. */
import { type ParsedResource, stringEnd } from '../fhir/resource-text.ts'
import { isResourceType } from '../fhir/resource-types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { failAtLink, placeOfLink } from './link-places.ts'

/** Elements that hold a link (R4 http.html#trules): references and elements of type uri, url, uuid, oid; not those of type canonical. */
const LINK: ReadonlySet<string> = new Set('reference url uri valueUri valueUrl valueUuid valueOid instantiatesUri'.split(' '))

/** Those that repeat. */
const LINKS: ReadonlySet<string> = new Set(['instantiatesUri', 'policy'])

/** Links of narrative attributes, inside the escaped text of `div`: XHTML knows both kinds of quotes. */
const NARRATIVE = /((?:href|src) ?= ?(\\"|'))([^"'<>\\ ]+)(?=\2)/g

/** What the links of an entry may lead to. */
export interface Targets {
  /** fullUrl to `Type/id` */
  names: ReadonlyMap<string, string>
  /** those fullUrls that are the canonical of their resource as well: as a uri they are that, and no link to where it stands */
  canonicals: ReadonlySet<string>
  /** what its relative references are relative to */
  base?: string | undefined
  /** base of this server: versions that are named there are its own */
  own: string
  /** the version that what an entry stands for (`Type/id`) is to have; undefined where it is not known yet */
  versionOf?(name: string): number | undefined
}

/**
 * What relative references of an entry are relative to (R4 bundle.html#references): its fullUrl without type and id. As they stand
 * they would be to this server's own resources of the same ids, although the ones that are meant are in the Bundle.
 */
export function baseOfEntry(fullUrl: string | undefined, type: string): string | undefined {
  const at = fullUrl?.search(new RegExp(`/${type}/[A-Za-z0-9.-]{1,64}$`)) ?? -1
  return at > 0 ? fullUrl?.slice(0, at) : undefined
}

/** @throws OutcomeError reference-unresolved for a urn:uuid reference that no entry has */
export async function rewriteReferences(
  text: string,
  targets: Targets,
  resolve: (type: string, criteria: string) => Promise<string>,
): Promise<string> {
  // Most resources refer by `Type/id` alone.
  if (targets.names.size === 0 && !text.includes('urn:uuid:') && !text.includes('?') && !text.includes('\\u')) return text
  return rewritten(text, targets, resolve)
}

/** `Type/id` and its versions, with nothing before it. */
const RELATIVE = /^[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?(?:#.*)?$/

/**
 * References relative to another server's base become absolute ones (R4 bundle.html#references): as they stand they would be to this
 * server's own resources. Without a base they lead nowhere.
 * @throws OutcomeError reference-unresolved
 */
export function absoluteReferences(text: string, base: string | undefined): string {
  return withLinks(text, (element, link, at) => {
    if (element !== 'reference' || !RELATIVE.test(link)) return undefined
    if (base === undefined) throw new OutcomeError('reference-unresolved', { expression: [placeOfLink(text, at)] })
    return `${base}/${link}`
  })
}

/** What a link becomes; undefined: it stays. `at`: where it begins in the text. */
type Replace = (element: string, link: string, at: number) => string | undefined

/**
 * Compact JSON with other links. String by string, each looked at once: a pattern that could begin inside of one would take the square of its
 * length, and a long one is too much for any.
 */
function withLinks(text: string, replace: Replace, inNarrative: (div: string) => string = (div) => div): string {
  const pieces: string[] = []
  let copied = 0
  const put = (start: number, end: number, value: string): void => {
    pieces.push(text.slice(copied, start), value)
    copied = end
  }
  /** @returns the end of the value at `start` */
  const link = (element: string, start: number): number => {
    const end = stringEnd(text, start)
    const target = replace(element, stringAt(text, start, end), start)
    if (target !== undefined) put(start, end, JSON.stringify(target))
    return end
  }
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at)) {
    const start = at
    at = stringEnd(text, start)
    if (text[at] !== ':') continue
    const element = stringAt(text, start, at++)
    if (text[at] === '"') {
      if (LINK.has(element)) at = link(element, at)
      else if (element === 'div') {
        const end = stringEnd(text, at)
        const div = text.slice(at, end)
        const changed = inNarrative(div)
        if (changed !== div) put(at, end, changed)
        at = end
      }
    } else if (text[at] === '[' && LINKS.has(element)) {
      for (at++; text[at] === '"'; ) {
        at = link(element, at)
        if (text[at] === ',') at++
      }
    }
  }
  return pieces.length === 0 ? text : pieces.join('') + text.slice(copied)
}

/** A key, too, may have escapes in it. */
function stringAt(text: string, start: number, end: number): string {
  const quoted = text.slice(start, end)
  return quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1)
}

async function rewritten(
  text: string,
  { names, canonicals, base, own, versionOf }: Targets,
  resolve: (type: string, criteria: string) => Promise<string>,
): Promise<string> {
  const conditional = await resolveAll(text, resolve)
  const replace: Replace = (element, link, at) => {
    if (element !== 'reference') return addressOf(link)
    const target = targetOf(link) ?? conditional.get(link)
    if (target === undefined && link.startsWith('urn:uuid:'))
      throw new OutcomeError('reference-unresolved', { expression: [placeOfLink(text, at)] })
    return target
  }
  return withLinks(text, replace, (div) =>
    div.replace(NARRATIVE, (whole, before: string, _quote: string, link: string) => {
      const target = targetOf(link)
      return target === undefined ? whole : before + target
    }),
  )

  /** Of an element of type uri or url: `ValueSet.url`, or that of an extension whose definition is an entry as well, is none. */
  function addressOf(link: string): string | undefined {
    return canonicals.has(link) ? undefined : targetOf(link)
  }

  /**
   * A version is taken off before the address is looked for (R4 bundle.html#references). One of this server stays. Any other is the
   * sender's, and becomes the one that the entry becomes here; where that is not known, the link is to the resource.
   */
  function targetOf(link: string): string | undefined {
    const [sent = '', fragment] = link.split('#', 2)
    const [plain = '', version] = sent.split('/_history/', 2)
    const address = names.has(plain) || base === undefined ? plain : `${base}/${plain}`
    const target = names.get(address)
    if (target === undefined) return undefined
    const meant = version === undefined || address === `${own}/${target}` ? version : versionOf?.(target)
    const named = meant === undefined ? target : `${target}/_history/${meant}`
    return fragment === undefined ? named : `${named}#${fragment}`
  }
}

/**
 * In a transaction, and only there, a reference may be a search (R4 http.html#trules). Stored as it is it would lead nowhere: what it stands in
 * would be about nobody whom a consent could speak of.
 * @throws OutcomeError reference-conditional
 */
export function refuseConditional({ resource, text }: Pick<ParsedResource, 'resource' | 'text'>): void {
  // Those that are kept as a whole may have any in their entries.
  if (!text.includes('?') || KEPT_AS_SENT.has(resource.resourceType)) return
  withLinks(text, (element, link, at) => {
    const [, type] = element === 'reference' ? (CONDITIONAL.exec(link) ?? []) : []
    if (type !== undefined && isResourceType(type)) {
      const expression = [placeOfLink(text, at)]
      throw new OutcomeError('reference-conditional', { params: { type }, expression })
    }
    return undefined
  })
}

/** Where a reference in it is one of these addresses; undefined: nowhere. */
export function placeReferringTo(text: string, addresses: ReadonlySet<string>): string | undefined {
  let found: number | undefined
  withLinks(text, (element, link, at) => {
    if (element === 'reference' && addresses.has(link)) found ??= at
    return undefined
  })
  return found === undefined ? undefined : placeOfLink(text, found)
}

const KEPT_AS_SENT: ReadonlySet<string> = new Set(['Bundle', 'Parameters'])

const NO_CRITERIA = /^[A-Z][A-Za-z]+\?$/
const CONDITIONAL = /^([A-Z][A-Za-z]+)\?(.+)$/

async function resolveAll(text: string, resolve: (type: string, criteria: string) => Promise<string>): Promise<Map<string, string>> {
  const asked = new Map<string, [type: string, criteria: string, at: number]>()
  withLinks(text, (element, link, at) => {
    if (element !== 'reference' || !link.includes('?')) return undefined
    const [, type, criteria] = CONDITIONAL.exec(link) ?? []
    if (NO_CRITERIA.test(link)) throw new OutcomeError('reference-unresolved', { expression: [placeOfLink(text, at)] })
    if (type !== undefined && criteria !== undefined && !asked.has(link)) asked.set(link, [type, criteria, at])
    return undefined
  })
  const found = new Map<string, string>()
  for (const [link, [type, criteria, at]] of asked)
    found.set(link, await resolve(type, criteria).catch((error: unknown) => failAtLink(error, text, at)))
  return found
}
