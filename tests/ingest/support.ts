/** One ingest way on a database of its own, with a mapping whose payloads are the mapped records themselves. */
import { randomBytes } from 'node:crypto'
import type { MappedRecord, MappedResource, RejectedRecord, SourceKind, SourceMapping } from '../../mappings/engine/types.ts'
import { parseExact } from '../../mappings/engine/serialise.ts'
import { type Access, createAccess } from '../../server/access/access.ts'
import { systemDecision } from '../../server/access/decision.ts'
import type { Actor } from '../../server/auth/actor.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { createIngest, type Ingest } from '../../server/ingest/ingest.ts'
import { receiptCounts, type ReceiptCounts } from '../../server/ingest/receipt.ts'
import { createQuality, qualityTables } from '../../server/ingest/quality.ts'
import type { IngestDeps, IngestEvent, IngestSource, PayloadDoc } from '../../server/ingest/types.ts'
import { createSearch } from '../../server/search/search.ts'
import { MongoClient } from 'mongodb'
import { silentLog } from '../../server/store/log.ts'
import { createStore } from '../../server/store/store.ts'
import type { Store } from '../../server/store/types.ts'
import { createValidator } from '../../server/validation/validator.ts'
import { createWriter } from '../../server/writer/writer.ts'
import { type TestDatabase, testDatabase } from '../support/mongo.ts'
import { refusalEntries } from '../support/refusal-entries.ts'

export const decision = systemDecision('test')
const search = createSearch({ timezone: 'Asia/Shanghai', publicUrl: 'http://localhost' })
const validator = createValidator()

export interface Rig {
  ingest: Ingest
  store: Store
  access: Access
  events: IngestEvent[]
  send(source: string, body: Uint8Array | string | unknown, fileName?: string): Promise<{ payload: PayloadDoc; counts: ReceiptCounts }>
  /** current resources of a type */
  all(type: string): Promise<FhirResource[]>
  text(type: string, id: string): Promise<string>
  versions(): Promise<number>
  /** an empty database as far as ingest knows; making collections anew takes seconds */
  wipe(): Promise<void>
  close(): Promise<void>
}

/** what access and audit remember in the process */
const KEPT = new Set(['policy_classes', 'AuditEvent', 'audit_heads', 'overlay'])
const TYPES = ['Patient', 'Observation', 'DiagnosticReport', 'Encounter', 'Condition', 'ChargeItem', 'Provenance']

export const actorOf = (clientId: string, party: Actor['party'] = 'hospital'): Actor => ({
  clientId,
  party,
  organization: 'H1',
  role: '',
  purpose: 'TREAT',
  form: 'IDENT',
  scopes: [{ level: 'system', type: '*', permissions: 'cruds' }],
})

export function sourceOf(
  id: string,
  kind: SourceKind,
  organization: string,
  mapping = 'test/records',
  codes: Record<string, string> = {},
): IngestSource {
  const organizationCodes = new Map(Object.entries(codes))
  return { id, kind, mapping, organization, client: `${id}-client`, charset: 'auto', timezone: 'Asia/Shanghai', organizationCodes }
}

/** A payload is a JSON list of records, each `{...MappedRecord}`; `{"bad": true}` is rejected, `{"bug": true}` throws. */
export const recordsMapping: SourceMapping = {
  id: 'test/records',
  kind: 'hospital',
  mode: 'message',
  accepts: ['application/json'],
  async *decode(chunks) {
    const pieces: Uint8Array[] = []
    for await (const piece of chunks) pieces.push(piece)
    const list = parseExact(Buffer.concat(pieces).toString('utf8')) as object[]
    for (const [at, record] of list.entries()) yield { ok: true, record, recordType: 'test', at: `message ${at + 1}` }
  },
  map(record, recordType, at): MappedRecord | RejectedRecord {
    if ('bad' in (record as object)) return { recordType, at, reason: { severity: 'error', code: 'payload-structure', at } }
    if ('bug' in (record as object)) throw new TypeError('a bug in a mapping')
    return { recordType, deliveryId: at, at, resources: [], unmapped: [], issues: [], unread: [], ...(record as Partial<MappedRecord>) }
  },
}

/** @param shared a database that another process works on too; it is not dropped at the end */
export async function rig(sources: IngestSource[], options: Partial<IngestDeps> = {}, shared?: TestDatabase): Promise<Rig> {
  const database = shared ?? (await testDatabase())
  const store = await createStore({ uri: database.uri, database: database.database, log: silentLog })
  const events: IngestEvent[] = []
  const access = await createAccess({
    store,
    firstRefusalEntry: refusalEntries(store),
    organizations: [{ id: 'H1' }, { id: 'MIA' }, { id: 'HA' }, { id: 'HA2' }],
  })
  const deps: IngestDeps = {
    store,
    writer: createWriter({ store, search, access }),
    decision,
    secret: randomBytes(32),
    sources,
    organizations: [
      { id: 'H1', codes: ['12110000000000001N', 'H11010500001', '0001'] },
      { id: 'MIA', codes: [] },
      { id: 'HA', codes: [] },
      { id: 'HA2', codes: [] },
    ],
    mapping: (id) => (id === recordsMapping.id ? recordsMapping : undefined),
    translate: () => undefined,
    validate: async (resource, decimals) =>
      validator.validate(resource, { mode: 'update', decimals }).map((issue) => ({ ...issue, base: issue.kind === 'structure' })),
    relink: (patient, from, to, mayGoOn) => access.relink(patient, from, to, mayGoOn),
    consented: (persons) => access.consented(persons),
    mayCollect: (ask) => access.mayCollect(ask),
    refusedUnder: (numbers, persons) => access.refusedUnder(numbers, persons),
    anybodyRefuses: () => access.anybodyRefuses(),
    personsOf: (patients) => access.personsOf(patients),
    audit: async (event) => void events.push(event),
    now: () => new Date(),
    ...options,
  }
  const ingest = createIngest(deps)
  const all = async (type: string): Promise<FhirResource[]> => {
    const found: FhirResource[] = []
    for await (const batch of store.stream(decision, type, { kind: 'everything' })) {
      for (const doc of batch) if (!doc.deleted) found.push(JSON.parse(Buffer.from(doc.body).toString('utf8')) as FhirResource)
    }
    return found
  }
  return {
    ingest,
    store,
    access,
    events,
    async send(source, body, fileName = '') {
      const bytes = body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
      const client = sources.find(({ id }) => id === source)?.client ?? 'nobody'
      let { payload } = await ingest.receive(
        source,
        actorOf(client),
        (async function* () {
          yield bytes
        })(),
        { contentType: '', fileName },
      )
      while (payload.finishedAt === null) {
        await ingest.work()
        payload = (await ingest.tables.payloads.get(payload._id)) as PayloadDoc
      }
      return { payload, counts: await receiptCounts(ingest.tables, payload) }
    },
    all,
    text: async (type, id) => Buffer.from((await store.read(decision, type, id))?.body ?? []).toString('utf8'),
    async versions() {
      let sum = 0
      for (const type of TYPES)
        for await (const batch of store.stream(decision, type, { kind: 'everything' })) sum += batch.reduce((n, doc) => n + doc.v, 0)
      return sum
    },
    async wipe() {
      const client = new MongoClient(database.uri)
      const db = client.db(database.database)
      for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
        if (!KEPT.has(name) && !name.startsWith('system.')) await db.collection(name).deleteMany({})
      }
      await client.close()
    },
    async close() {
      await ingest.stop()
      await access.stop()
      await store.close()
      if (!shared) await database.drop()
    },
  }
}

/** Counts what is sent, as a server does. */
export const countingQuality = ({ ingest, store }: Rig) =>
  createQuality({
    ...qualityTables(store, decision),
    ...{ writer: ingest.deps.writer, timezone: 'Asia/Shanghai', now: () => new Date() },
  })

/** A Patient record and one Observation of it, as mappings would answer them. */
export function observation(
  scope: string,
  no: string,
  resource: Record<string, unknown>,
  extra: Partial<MappedResource> = {},
): MappedResource {
  return {
    key: { type: 'Observation', scope, parts: [no] },
    resource: { resourceType: 'Observation', status: 'final', code: { text: no }, subject: { $patient: true }, ...resource },
    state: 'current',
    statedAt: '2026-03-06T08:00:00Z',
    ...extra,
  }
}
