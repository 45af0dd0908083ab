/**
 * $closure (R4 conceptmap-operation-closure.html, terminology-service.html#closure): a client names its codes as it meets them and is told what
 * stands over what, so that it can search its own data by it. A name without codes begins the table anew; with a version it is told all
 * that came behind that version. Tables are the client's own.
 */
import { setImmediate } from 'node:timers/promises'
import type { FhirCoding, FhirResource } from '../../fhir/types.ts'
import { jsonAnswer } from '../../interactions/answers.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../../interactions/types.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { paramError } from '../../search/parse/names.ts'
import { type Library, systemWith } from '../../terminology-service/library.ts'
import { type InParameter, oneText } from '../in-parameters.ts'
import type { Operation } from '../types.ts'
import { answered } from './answered.ts'
import { codingIn, parametersOf } from './asked.ts'
import {
  CLOSURE_LIFE_MS,
  type ClosureConcept,
  type ClosureEntry,
  closureId,
  closuresOf,
  type ClosureTable,
  CONCEPTS_MAX,
  TABLES_MAX,
} from './closure-table.ts'

export const closure: Operation = {
  code: 'closure',
  on: 'system',
  level: 'system',
  methods: ['POST'],
  writes: () => true,
  definition: 'http://hl7.org/fhir/OperationDefinition/ConceptMap-closure',
  run,
}

const UNDERSTOOD = ['name', 'concept', 'version']
const NAME_LENGTH_MAX = 200
/** Somebody else adds to the same table at the same moment: it is read again. */
const TRIES = 5

interface Added {
  concepts: ClosureConcept[]
  entries: ClosureEntry[]
}

async function run(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const parameters = parametersOf(request, UNDERSTOOD)
  const name = oneText(parameters, 'name')
  if (name === undefined) throw paramError('parameter-missing', 'name')
  if (name.length > NAME_LENGTH_MAX) throw paramError('parameter-value-length', 'name', { max: String(NAME_LENGTH_MAX) })
  const since = versionOf(parameters)
  const concepts = conceptsOf(parameters)
  if (since !== undefined && concepts.length > 0) throw paramError('parameters-exclusive', 'version')
  const table = await answered(deps, request, { interaction: 'closure', type: 'CodeSystem' }, async ({ library }) => {
    if (since !== undefined) return behind(await tableOf(deps, request, name), since)
    return concepts.length === 0 ? begun(deps, request, name) : grown(deps, request, name, concepts, library)
  })
  return jsonAnswer(200, mapOf(deps, name, table))
}

/** @throws OutcomeError parameter-invalid */
function versionOf(parameters: readonly InParameter[]): number | undefined {
  const text = oneText(parameters, 'version')
  if (text !== undefined && !/^\d{1,9}$/.test(text)) throw paramError('parameter-invalid', 'version')
  return text === undefined ? undefined : Number(text)
}

/** @throws OutcomeError parameter-invalid */
function conceptsOf(parameters: readonly InParameter[]): FhirCoding[] {
  const codings = parameters.flatMap(({ name, value }) => (name === 'concept' ? [codingIn(value, 'concept')] : []))
  if (codings.some(({ system, code }) => system === undefined || code === undefined)) throw paramError('parameter-invalid', 'concept')
  return codings
}

interface Told {
  v: number
  concepts: readonly ClosureConcept[]
  entries: readonly ClosureEntry[]
}

/** @throws OutcomeError closure-unknown */
async function tableOf(deps: FhirDeps, { actor }: FhirRequest, name: string): Promise<ClosureTable> {
  const found = await closuresOf(deps.store).get(closureId(actor, name))
  if (!found) throw new OutcomeError('closure-unknown', { expression: ['name'] })
  return found
}

function behind({ v, concepts, entries }: ClosureTable, since: number): Told {
  if (since > v) throw new OutcomeError('closure-unknown', { expression: ['version'] })
  return { v, concepts, entries: entries.filter((entry) => entry.v > since) }
}

async function begun(deps: FhirDeps, { actor }: FhirRequest, name: string): Promise<Told> {
  const tables = closuresOf(deps.store)
  const _id = closureId(actor, name)
  if (!(await tables.get(_id)) && (await tables.count({ client: actor.clientId })) >= TABLES_MAX)
    throw new OutcomeError('closure-full', { expression: ['name'], params: { max: TABLES_MAX } })
  await tables.put({ _id, client: actor.clientId, v: 0, concepts: [], entries: [], expires: expiry(deps) })
  return { v: 0, concepts: [], entries: [] }
}

const expiry = (deps: FhirDeps): Date => new Date(deps.now().getTime() + CLOSURE_LIFE_MS)

/** @throws OutcomeError closure-unknown, closure-full, busy */
async function grown(deps: FhirDeps, request: FhirRequest, name: string, codings: readonly FhirCoding[], library: Library): Promise<Told> {
  for (let tried = 0; tried < TRIES; tried++) {
    const table = await tableOf(deps, request, name)
    const fresh = newIn(table, codings)
    // Before anything is compared: each concept is compared with all the others.
    if (table.concepts.length + fresh.length > CONCEPTS_MAX)
      throw new OutcomeError('closure-full', { expression: ['concept'], params: { max: CONCEPTS_MAX } })
    const added = await addedTo(table, fresh, library)
    if (added.concepts.length === 0) return { v: table.v, concepts: table.concepts, entries: [] }
    const concepts = [...table.concepts, ...added.concepts]
    const set = { v: table.v + 1, concepts, entries: [...table.entries, ...added.entries], expires: expiry(deps) }
    const written = await closuresOf(deps.store).setOne({ _id: table._id, v: table.v }, set)
    if (written) return { v: set.v, concepts, entries: added.entries }
  }
  throw new OutcomeError('busy')
}

/** Those that are not in it yet, each once. */
function newIn({ concepts }: ClosureTable, codings: readonly FhirCoding[]): FhirCoding[] {
  const keyOf = ({ system, code }: { system?: unknown; code?: unknown }) => JSON.stringify([system, code])
  const known = new Set(concepts.map(keyOf))
  return codings.filter((coding) => {
    const key = keyOf(coding)
    const isNew = !known.has(key)
    known.add(key)
    return isNew
  })
}

/** What is new, and how it stands to what was there. */
async function addedTo(table: ClosureTable, fresh: readonly FhirCoding[], library: Library): Promise<Added> {
  const v = table.v + 1
  const all = [...table.concepts]
  const entries: ClosureEntry[] = []
  for (const { system = '', code = '', version } of fresh) {
    const concept: ClosureConcept = { system, code, ...(version === undefined ? {} : { version }), v }
    entries.push(...(await relations(all, concept, library)))
    all.push(concept)
    // Systems in memory answer without waiting: others are to have their turn.
    await setImmediate()
  }
  return { concepts: all.slice(table.concepts.length), entries }
}

/** A code that nobody knows stands by itself; it may come to be known, and is in the table then already. */
async function relations(all: readonly ClosureConcept[], added: ClosureConcept, library: Library): Promise<ClosureEntry[]> {
  const found = await systemWith(library, added)
  if (!found) return []
  const place = all.length
  const entries = await Promise.all(
    all.map(async ({ system, code }, at): Promise<ClosureEntry[]> => {
      if (system !== added.system) return []
      if (await found.system.isUnder(added.code, code)) return [{ over: at, under: place, v: added.v }]
      if (await found.system.isUnder(code, added.code)) return [{ over: place, under: at, v: added.v }]
      return []
    }),
  )
  return entries.flat()
}

/** Source and target by the words of R4: the target `subsumes` the source. */
function mapOf(deps: FhirDeps, name: string, { v, concepts, entries }: Told): FhirResource {
  const groups = Map.groupBy(entries, ({ under }) => concepts[under]?.system ?? '')
  const group = [...groups].map(([system, own]) => ({ source: system, target: system, element: elementsOf(own, concepts) }))
  return {
    resourceType: 'ConceptMap',
    id: deps.newId(),
    version: String(v),
    name,
    status: 'active',
    experimental: true,
    date: deps.now().toISOString(),
    ...(group.length > 0 ? { group } : {}),
  }
}

function elementsOf(entries: readonly ClosureEntry[], concepts: readonly ClosureConcept[]): object[] {
  return [...Map.groupBy(entries, ({ under }) => under)].map(([under, own]) => ({
    code: concepts[under]?.code,
    target: own.map(({ over }) => ({ code: concepts[over]?.code, equivalence: 'subsumes' })),
  }))
}
