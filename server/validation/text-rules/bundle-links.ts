/**
 * What holds a document or message together (R4 bundle.html#references, documents.html#content, messaging.html): references lead to
 * entries by their fullUrl, and nothing stands there that the first entry does not lead to.
 */
import { objectsOf } from './items.ts'
import type { TextContext, TextRule } from './rule.ts'

type Json = Record<string, unknown>

interface Entry {
  fullUrl?: unknown
  resource?: Json
}

interface Linked {
  index: number
  /** what may name it: its fullUrl, with and without its version */
  names: readonly string[]
  /** `Type/id` */
  local: string
  type: unknown
  references: readonly Found[]
}

interface Found {
  /** absolute, or undefined where the entry gives a relative one no base */
  url: string | undefined
  literal: string
  at: string
}

/** A URL as a RESTful server gives it, and the base of the server. */
const RESTFUL = /^(https?:\/\/[^\s#?]+\/)[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/
const RELATIVE = /^[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/

export const bundleLinkRules: TextRule = (bundle, context) => {
  const { type, entry } = bundle as { type?: unknown; entry?: unknown }
  if (type !== 'document' && type !== 'message') return
  const entries = objectsOf<Entry>(entry).map(([index, each]) => linked(index, each))
  const byName = new Map(entries.flatMap((each) => each.names.map((name): [string, Linked] => [name, each])))
  reportMissed(entries, byName, context)
  reportUnreached(entries, byName, type, context)
}

function linked(index: number, { fullUrl, resource }: Entry): Linked {
  const [name, base] = typeof fullUrl === 'string' ? [fullUrl, RESTFUL.exec(fullUrl)?.[1]] : []
  const { versionId } = (resource?.meta ?? {}) as { versionId?: unknown }
  return {
    index,
    names: name === undefined ? [] : [name, `${name}/_history/${String(versionId)}`],
    local: `${String(resource?.resourceType)}/${String(resource?.id)}`,
    type: resource?.resourceType,
    references: referencesIn(resource, base, '.resource'),
  }
}

/** All literal references in a resource that lead out of it. */
function referencesIn(value: unknown, base: string | undefined, at: string, found: Found[] = []): Found[] {
  if (Array.isArray(value)) for (const [index, item] of value.entries()) referencesIn(item, base, `${at}[${index}]`, found)
  else if (value !== null && typeof value === 'object') {
    const { reference: literal } = value as { reference?: unknown }
    if (typeof literal === 'string' && !literal.startsWith('#')) {
      const isRelative = RELATIVE.test(literal)
      found.push({ literal, at, url: isRelative ? base && base + literal : literal })
    }
    for (const [key, inner] of Object.entries(value)) referencesIn(inner, base, `${at}.${key}`, found)
  }
  return found
}

/** A relative reference that names an entry by type and id, and by its fullUrl another one or none. */
function reportMissed(entries: readonly Linked[], byName: ReadonlyMap<string, Linked>, { report }: TextContext): void {
  const locals = new Set(entries.map(({ local }) => local))
  for (const { index, references } of entries)
    for (const { literal, url, at } of references)
      if (locals.has(literal) && (url === undefined || !byName.has(url))) report('bundle-link', 'fullUrl', `.entry[${index}]${at}`)
}

/** Of a document an entry too many is an error; of a message nobody says that nothing else may stand there. */
function reportUnreached(
  entries: readonly Linked[],
  byName: ReadonlyMap<string, Linked>,
  type: 'document' | 'message',
  { report }: TextContext,
): void {
  const reached = new Set(entries.slice(0, 1))
  // A set that grows while it is walked is walked to its end.
  for (const each of reached)
    for (const { url } of each.references) {
      const target = url === undefined ? undefined : byName.get(url)
      if (target) reached.add(target)
    }
  const isAbout = (each: Linked): boolean => each.references.some(({ url }) => url !== undefined && isReached(byName.get(url)))
  const isReached = (each: Linked | undefined): boolean => each !== undefined && reached.has(each)
  for (const each of entries) {
    if (reached.has(each)) continue
    // A stylesheet, and where something in the document comes from.
    if (type === 'document' && (each.type === 'Binary' || (each.type === 'Provenance' && isAbout(each)))) continue
    report('bundle-unreached', type, `.entry[${each.index}]`, type === 'document' ? 'error' : 'warning')
  }
}
