/**
 * A message (R4 messaging.html), read: its header, and its content as entries of a transaction. What has an address of this server is
 * updated; what has an identifier is looked for by it; an id that the sender gave is his own and means nothing here.
 */
import { createHash } from 'node:crypto'
import { parseReference } from '../../fhir/reference.ts'
import { isId } from '../../fhir/ids.ts'
import { arrayItems, members, type ParsedResource, parseResource } from '../../fhir/resource-text.ts'
import type { FhirResource } from '../../fhir/types.ts'
import { BUNDLE_ENTRIES_MAX, type EntryRequest } from '../../interactions/bundle-entries.ts'
import { checkBundle } from '../../interactions/bundle-envelope.ts'
import { requireScope } from '../../interactions/checks.ts'
import { absoluteReferences, baseOfEntry } from '../../interactions/references.ts'
import type { FhirDeps, FhirRequest } from '../../interactions/types.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { refusesWrite, toOutcomeIssues } from '../../validation/issue.ts'
import type { MessageEvent } from './events.ts'

export interface MessageHeader extends FhirResource {
  id: string
  eventCoding?: { system?: unknown; code?: unknown }
  eventUri?: string
  source: { name?: string; endpoint: string }
  response?: unknown
}

export interface Message {
  header: MessageHeader
  /** behind the header */
  entries: SentEntry[]
  /** digest of all entries: Bundle.id and timestamp are another one's each time that it is sent (R4 messaging.html#id) */
  content: string
}

interface SentEntry {
  at: number
  text: string
  fullUrl?: string
}

/** What is no message, or says nobody what to answer to, is refused as any request. @throws OutcomeError bundle-invalid, and what is wrong with the header */
export function messageOf(deps: FhirDeps, bundle: ParsedResource): Message {
  if (bundle.resource.resourceType !== 'Bundle') throw new OutcomeError('bundle-invalid', { expression: ['resourceType'] })
  checkBundle(bundle.resource)
  if (bundle.resource.type !== 'message') throw new OutcomeError('bundle-invalid', { expression: ['Bundle.type'] })
  const text = memberText(bundle.text, 'entry') ?? '[]'
  const entries = arrayItems(text).map(entryOf)
  if (entries.length > BUNDLE_ENTRIES_MAX) throw new OutcomeError('bundle-entries', { params: { max: BUNDLE_ENTRIES_MAX } })
  const [first, ...others] = entries
  return { header: headerOf(deps, first), entries: others, content: digestOf(text) }
}

const OF_ENTRIES: ReadonlySet<string> = new Set(['id', 'extension', 'link', 'fullUrl', 'resource'])

function entryOf(text: string, at: number): SentEntry {
  const place = `Bundle.entry[${at}]`
  if (!text.startsWith('{')) throw new OutcomeError('bundle-invalid', { expression: [place] })
  const wrong = members(text).find(({ key }) => !OF_ENTRIES.has(key))
  const resource = memberText(text, 'resource')
  if (wrong || resource === undefined)
    throw new OutcomeError('bundle-invalid', { expression: [wrong ? `${place}.?` : `${place}.resource`] })
  const { fullUrl } = JSON.parse(text) as { fullUrl?: unknown }
  if (fullUrl !== undefined && typeof fullUrl !== 'string') throw new OutcomeError('bundle-invalid', { expression: [`${place}.fullUrl`] })
  return { at, text: resource, ...(fullUrl === undefined ? {} : { fullUrl }) }
}

function headerOf(deps: FhirDeps, first: SentEntry | undefined): MessageHeader {
  const place = 'Bundle.entry[0].resource'
  const sent = first && within(0, () => parseResource(first.text))
  if (sent?.resource.resourceType !== 'MessageHeader') throw new OutcomeError('bundle-invalid', { expression: [place] })
  const issues = deps.validator.validate(sent.resource, { mode: 'create', decimals: sent.decimals })
  const errors = issues.filter(refusesWrite)
  if (errors.length > 0) within(0, () => refuse(new OutcomeError(toOutcomeIssues(issues))))
  if (!isId(String(sent.resource.id ?? ''))) throw new OutcomeError('id-invalid', { expression: [`${place}.id`] })
  return sent.resource as MessageHeader
}

/** In their order. @throws OutcomeError message-content, message-identifier, reference-unresolved, forbidden, json-… */
export function writesOf(deps: FhirDeps, request: FhirRequest, { entries }: Message, event: MessageEvent): EntryRequest[] {
  return entries.flatMap((entry) => within(entry.at, () => writeOf(deps, request, entry, event)) ?? [])
}

function writeOf(
  deps: FhirDeps,
  { actor }: FhirRequest,
  { at, text: sent, fullUrl }: SentEntry,
  event: MessageEvent,
): EntryRequest | undefined {
  const type = parseResource(sent).resource.resourceType
  const isWritten = event.writes.includes(type)
  if (!isWritten && !event.names.includes(type)) throw new OutcomeError('message-content')
  const base = baseOf(deps, fullUrl, type)
  const content = parseResource(base === deps.baseUrl ? sent : absoluteReferences(sent, base))
  const common = { at, ...(fullUrl === undefined ? {} : { fullUrl }), query: [], text: content.text, parsed: content }
  const own = base === deps.baseUrl ? parseReference(fullUrl ?? '', deps.baseUrl) : undefined
  if (own?.kind === 'local') {
    // What it only names is there already, or is not: either way nothing is done to it.
    if (!isWritten) return undefined
    requireScope(actor, type, 'u')
    return { ...common, method: 'PUT', segments: [type, own.id], headers: {} }
  }
  requireScope(actor, type, 'c')
  const criteria = criteriaOf(content)
  if (criteria === undefined && !isWritten) throw new OutcomeError('message-identifier')
  if (criteria !== undefined && isWritten) requireScope(actor, type, 'u')
  const headers: Record<string, string> = criteria === undefined ? {} : { 'if-none-exist': criteria }
  return { ...common, method: 'POST', segments: [type], headers, ...(isWritten ? { replaces: true as const } : {}) }
}

/** What relative references of the entry are relative to (R4 bundle.html#references). */
function baseOf(deps: FhirDeps, fullUrl: string | undefined, type: string): string | undefined {
  const base = baseOfEntry(fullUrl, type)
  if (fullUrl === undefined || base === undefined) return undefined
  return parseReference(fullUrl, deps.baseUrl)?.kind === 'local' ? deps.baseUrl : base
}

/** By its first identifier that has a system. */
function criteriaOf({ resource }: ParsedResource): string | undefined {
  const list: unknown[] = [resource.identifier].flat()
  const found = (list as ({ system?: unknown; value?: unknown } | null)[]).find(
    (one) => typeof one?.system === 'string' && typeof one.value === 'string' && one.system !== '' && one.value !== '',
  )
  const escaped = (text: unknown): string => String(text).replace(/[\\$,|]/g, '\\$&')
  return found ? `identifier=${encodeURIComponent(`${escaped(found.system)}|${escaped(found.value)}`)}` : undefined
}

/** A failure says which entry it is about, as in a transaction. */
function within<T>(at: number, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof OutcomeError)) throw error
    const place = `Bundle.entry[${at}]`
    const expressionOf = (said = ''): string => (/^[A-Z]\w*\./.test(said) ? `${place}.resource.${said.replace(/^\w+\./, '')}` : place)
    throw new OutcomeError(error.issues.map((one) => ({ ...one, expression: [expressionOf(one.expression?.[0])] })))
  }
}

function refuse(error: OutcomeError): never {
  throw error
}

function memberText(text: string, key: string): string | undefined {
  const found = members(text).find((member) => member.key === key)
  return found && text.slice(found.valueStart, found.valueEnd)
}

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64url')
