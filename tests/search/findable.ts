/**
 * Every official example over HTTP: created and read back the same, in JSON and through XML, and found by every search parameter
 * for which FHIRPath yields a value.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compactJson } from '../../server/fhir/resource-text.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { fromXml } from '../../server/fhir-xml/from-xml.ts'
import { toXml } from '../../server/fhir-xml/to-xml.ts'
import { isSame, withDigits } from '../fhir-xml/same.ts'
import type { TestServer } from '../support/server.ts'
import { INVALID } from '../validation/official-examples.ts'
import { type Parameter, parametersOf } from './fhirpath/parameters.ts'
import { type Unwritable, writingsOf, writtenComposite, type Writings } from './fhirpath/written.ts'

export interface Findings {
  instances: number
  stored: number
  sameJson: number
  sameXml: number
  /** (resource, parameter) pairs with a value that a search can name */
  tried: number
  found: number
  /** pairs with a value that no search can name, by reason */
  unwritable: Map<Unwritable, number>
  /** pairs without a value: found by `:missing=true` */
  missing: number
  /** examples that are not stored as they are, by reason */
  refused: Map<string, string[]>
  failures: string[]
}

export const noFindings = (): Findings => ({
  instances: 0,
  stored: 0,
  sameJson: 0,
  sameXml: 0,
  tried: 0,
  found: 0,
  unwritable: new Map(),
  missing: 0,
  refused: new Map(),
  failures: [],
})

/** Larger than 14 MiB in one line. */
const TOO_LARGE: ReadonlySet<string> = new Set(['Bundle-resources.json', 'Bundle-dataelements.json'])

/**
 * What a Subscription has to have here: an address that is registered (without access control one of this machine), an end that
 * is to come, and no status but `off` that is the client's to say. `off`: nobody listens there.
 */
function subscribable(resource: FhirResource): FhirResource {
  const { error: _, ...rest } = resource
  const channel = { ...(resource.channel as object), endpoint: 'http://127.0.0.1:9/on-result' }
  return { ...rest, status: 'off', end: '2099-01-01T00:00:00Z', channel } as FhirResource
}

/** An example that is not stored as it is: with which status and why, and what of it is stored instead. */
interface Exception {
  statuses: readonly number[]
  reason: string
  adapted?(resource: FhirResource): FhirResource
}

function exceptionOf(file: string): Exception | undefined {
  if (file.startsWith('AuditEvent-')) return { statuses: [405], reason: 'the account of uses is written by the server alone' }
  if (file.startsWith('Subscription-'))
    return {
      statuses: [422],
      reason: 'its endpoint is not registered, and its end is past; stored with others, switched off',
      adapted: subscribable,
    }
  if (TOO_LARGE.has(file)) return { statuses: [413], reason: 'larger than a document of the database can be' }
  const invalid = INVALID[file]
  return invalid && { statuses: [400, 422], reason: `no R4: ${invalid.reason}` }
}

const FOLDER = join(import.meta.dirname, '..', '..', 'node_modules', 'hl7.fhir.r4.examples')

export async function checkExample(server: TestServer, file: string, findings: Findings): Promise<void> {
  const sent = compactJson(readFileSync(join(FOLDER, file), 'utf8'))
  const { resourceType: type } = JSON.parse(sent) as FhirResource
  findings.instances++
  const exception = exceptionOf(file)
  if (!exception) return checkStored(server, { file, type, sent }, findings)
  const { status, text } = await server.call('POST', `/fhir/${type}`, { body: sent })
  if (!exception.statuses.includes(status)) findings.failures.push(`${file}: expected to be refused, but ${status}: ${text.slice(0, 300)}`)
  const files = findings.refused.get(exception.reason) ?? []
  findings.refused.set(exception.reason, [...files, file])
  if (exception.adapted)
    await checkStored(server, { file, type, sent: JSON.stringify(exception.adapted(JSON.parse(sent) as FhirResource)) }, findings)
}

interface Sent {
  file: string
  type: string
  sent: string
}

/** Whoever names no form gets a Binary as its content. */
const AS_JSON = { headers: { Accept: 'application/fhir+json' } }

async function checkStored(server: TestServer, { file, type, sent }: Sent, findings: Findings): Promise<void> {
  const created = await server.call('POST', `/fhir/${type}`, { body: sent })
  if (created.status !== 201) {
    findings.failures.push(`${file}: created with ${created.status}: ${created.text.slice(0, 300)}`)
    return
  }
  findings.stored++
  const path = (created.headers.get('location') as string).slice(server.url.length).replace(/\/_history\/.*$/, '')
  const back = await server.call('GET', path, AS_JSON)
  if (back.status === 200 && bare(back.text) === bare(sent)) findings.sameJson++
  else findings.failures.push(`${file}: not the same in JSON`)
  if (await isSameThroughXml(server, type, sent)) findings.sameXml++
  else findings.failures.push(`${file}: not the same through XML`)
  await checkSearches(server, { file, resource: JSON.parse(back.text) as FhirResource }, findings)
}

/** In the order and with the digits of the text; without what the server sets. */
function bare(text: string): string {
  const resource = withDigits(text) as { id?: unknown; meta?: Record<string, unknown> }
  delete resource.id
  delete resource.meta?.versionId
  delete resource.meta?.lastUpdated
  if (resource.meta && Object.keys(resource.meta).length === 0) delete resource.meta
  return JSON.stringify(resource)
}

/** Written as XML, read as XML and as JSON. In XML the order is that of the definitions. */
async function isSameThroughXml(server: TestServer, type: string, sent: string): Promise<boolean> {
  const created = await server.call('POST', `/fhir/${type}`, { body: toXml(sent), headers: { 'Content-Type': 'application/fhir+xml' } })
  if (created.status !== 201) return false
  const path = (created.headers.get('location') as string).slice(server.url.length).replace(/\/_history\/.*$/, '')
  const [xml, json] = await Promise.all([
    server.call('GET', path, { headers: { Accept: 'application/fhir+xml' } }),
    server.call('GET', path, AS_JSON),
  ])
  return [fromXml(Buffer.from(xml.text)), json.text].every((text) => isSame(bare(text), bare(sent)))
}

interface Stored {
  file: string
  resource: FhirResource
}

/** Values of one parameter that are asked for together. */
const VALUES_MAX = 20

async function checkSearches(server: TestServer, stored: Stored, findings: Findings): Promise<void> {
  const { resource } = stored
  const present: string[] = []
  const absent: string[] = []
  for (const parameter of parametersOf(resource.resourceType)) {
    const { written, reasons } = writings(parameter, resource)
    const own = parameter.code === '_id' || parameter.code === '_lastUpdated'
    if (written.length > 0) {
      const distinct = new Map(written.slice(0, VALUES_MAX).map(({ modifier, value }) => [`${modifier} ${value}`, { modifier, value }]))
      const query = [...distinct.values()].map(
        ({ modifier, value }) => `${parameter.code}${modifier ? `:${modifier}` : ''}=${encodeURIComponent(value)}`,
      )
      findings.tried++
      if (await findsIt(server, stored, query, findings)) findings.found++
      if (!own) present.push(parameter.code)
    } else if (reasons.length > 0)
      for (const reason of new Set(reasons)) findings.unwritable.set(reason, (findings.unwritable.get(reason) ?? 0) + 1)
    else absent.push(parameter.code)
    if (written.length === 0 && reasons.some((reason) => reason === 'words only' || reason === 'contained' || reason === 'display only'))
      present.push(parameter.code)
  }
  const presence = [...present.map((code) => `${code}:missing=false`), ...absent.map((code) => `${code}:missing=true`)]
  if (await findsIt(server, stored, presence)) findings.missing += absent.length
  // Which of them: each alone.
  else for (const one of presence) if ((await findsIt(server, stored, [one], findings)) && one.endsWith('true')) findings.missing++
}

function writings(parameter: Parameter, resource: FhirResource): Writings {
  if (parameter.type === 'composite') return writtenComposite(parameter, parameter.repetitionsOf(resource))
  return writingsOf(parameter.type, parameter.valuesOf(resource))
}

/** Exactly this one: by what is asked, and its id. Requests have at most 64 parameters. */
async function findsIt(server: TestServer, { file, resource }: Stored, query: string[], findings?: Findings): Promise<boolean> {
  const { resourceType, id } = resource
  for (let at = 0; at < query.length; at += 60) {
    const asked = query.slice(at, at + 60).join('&')
    const answer = await server.call('GET', `/fhir/${resourceType}?${asked}&_id=${id}`, { headers: { Prefer: 'handling=strict' } })
    const ids = (answer.json?.entry ?? []).map((entry: { resource: FhirResource }) => entry.resource.id)
    if (answer.status === 200 && answer.json.total === 1 && ids.length === 1 && ids[0] === id) continue
    findings?.failures.push(
      `${file} ${decodeURIComponent(asked).slice(0, 500)}: ${answer.status === 200 ? 'not found' : `${answer.status} ${answer.text.slice(0, 200)}`}`,
    )
    return false
  }
  return true
}
