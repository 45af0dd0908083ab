/** Rewriting of urn:uuid, fullUrl and conditional references inside a transaction entry, on its text. */
import { OutcomeError } from '../outcome/outcome-error.ts'

/** Elements that hold a link (R4 http.html#trules): references and elements of type uri, url, uuid, oid; not those of type canonical. */
const LINK = /"(reference|url|uri|valueUri|valueUrl|valueUuid|valueOid|instantiatesUri)":"((?:[^"\\]|\\.)*)"/g

/** Those that repeat. */
const LINKS = /"(?:instantiatesUri|policy)":\[(?:"(?:[^"\\]|\\.)*",?)+\]/g
const TEXT = /"(?:[^"\\]|\\.)*"(?=[,\]])/g

/** Links of narrative attributes, inside the escaped text of `div`: XHTML knows both kinds of quotes. */
const NARRATIVE = /((?:href|src) ?= ?(\\"|'))([^"'<>\\ ]+)(?=\2)/g

/** What the links of an entry may lead to. */
export interface Targets {
  /** fullUrl to `Type/id` */
  names: ReadonlyMap<string, string>
  /** what its relative references are relative to */
  base?: string | undefined
  /** base of this server: versions that are named there are its own */
  own: string
}

/**
 * What relative references of an entry are relative to (R4 bundle.html#references): its fullUrl without type and id. As they stand
 * they would be to this server's own resources of the same ids, although the ones that are meant are in the Bundle.
 */
export function baseOfEntry(fullUrl: string | undefined, type: string): string | undefined {
  const at = fullUrl?.search(new RegExp(`/${type}/[A-Za-z0-9.-]{1,64}$`)) ?? -1
  return at > 0 ? fullUrl?.slice(0, at) : undefined
}

/**
 * A quote inside a JSON string is escaped, so the patterns cannot match inside a text.
 * @throws OutcomeError reference-unresolved for a urn:uuid reference that no entry has
 */
export async function rewriteReferences(
  text: string,
  targets: Targets,
  resolve: (type: string, criteria: string) => Promise<string>,
): Promise<string> {
  // Most resources refer by `Type/id` alone.
  if (targets.names.size === 0 && !text.includes('urn:uuid:') && !text.includes('?') && !text.includes('\\u')) return text
  return rewritten(text.replace(ESCAPED_KEY, plainKey), targets, resolve)
}

/** `Type/id` and its versions, with nothing before it. */
const RELATIVE = /^[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?(?:#.*)?$/

/**
 * References relative to another server's base become absolute ones (R4 bundle.html#references): as they stand they would be to this
 * server's own resources. Without a base they lead nowhere.
 * @throws OutcomeError reference-unresolved
 */
export function absoluteReferences(text: string, base: string | undefined): string {
  return text.replace(ESCAPED_KEY, plainKey).replace(LINK, (whole, element: string, raw: string) => {
    const link = JSON.parse(`"${raw}"`) as string
    if (element !== 'reference' || !RELATIVE.test(link)) return whole
    if (base === undefined) throw new OutcomeError('reference-unresolved')
    return `"${element}":${JSON.stringify(`${base}/${link}`)}`
  })
}

/** A key with an escape in it is the same key; a string before a colon is a key, since quotes inside strings are escaped. */
const ESCAPED_KEY = /"(?=[^"]*\\)((?:[^"\\]|\\.)*)":/g
const plainKey = (_whole: string, raw: string): string => `${JSON.stringify(JSON.parse(`"${raw}"`))}:`

async function rewritten(
  text: string,
  { names, base, own }: Targets,
  resolve: (type: string, criteria: string) => Promise<string>,
): Promise<string> {
  const conditional = await resolveAll(text, resolve)
  return text
    .replace(LINK, (whole, element: string, raw: string) => {
      const link = JSON.parse(`"${raw}"`) as string
      const target = targetOf(link) ?? (element === 'reference' ? conditional.get(link) : undefined)
      if (target !== undefined) return `"${element}":${JSON.stringify(target)}`
      if (element === 'reference' && link.startsWith('urn:uuid:')) throw new OutcomeError('reference-unresolved')
      return whole
    })
    .replace(LINKS, (whole) =>
      whole.replace(TEXT, (raw) => {
        const target = targetOf(JSON.parse(raw) as string)
        return target === undefined ? raw : JSON.stringify(target)
      }),
    )
    .replace(NARRATIVE, (whole, before: string, _quote: string, link: string) => {
      const target = targetOf(link)
      return target === undefined ? whole : before + target
    })

  /**
   * A version is taken off before the address is looked for (R4 bundle.html#references). It is the sender's: which one the entry
   * becomes here is not known before it is stored (an update that changes nothing makes none), so the link is to the resource.
   */
  function targetOf(link: string): string | undefined {
    const [sent = '', fragment] = link.split('#', 2)
    const [plain = '', version] = sent.split('/_history/', 2)
    const address = names.has(plain) || base === undefined ? plain : `${base}/${plain}`
    const target = names.get(address)
    if (target === undefined) return undefined
    const named = version !== undefined && address === `${own}/${target}` ? `${target}/_history/${version}` : target
    return fragment === undefined ? named : `${named}#${fragment}`
  }
}

const NO_CRITERIA = /^[A-Z][A-Za-z]+\?$/
const CONDITIONAL = /^([A-Z][A-Za-z]+)\?(.+)$/

async function resolveAll(text: string, resolve: (type: string, criteria: string) => Promise<string>): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const [, element, raw] of text.matchAll(LINK)) {
    if (element !== 'reference' || raw === undefined || !raw.includes('?')) continue
    const link = JSON.parse(`"${raw}"`) as string
    const match = CONDITIONAL.exec(link)
    if (NO_CRITERIA.test(link)) throw new OutcomeError('reference-unresolved')
    if (match?.[1] && match[2] && !found.has(link)) found.set(link, await resolve(match[1], match[2]))
  }
  return found
}
