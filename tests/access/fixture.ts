/** Access on the real store, with the ordinary writer in front of it. */
import { afterAll, beforeAll } from '@jest/globals'
import { type AccessOptions, createAccess } from '../../server/access/access.ts'
import type { Access } from '../../server/access/types.ts'
import { systemDecision } from '../../server/access/decision.ts'
import type { Actor } from '../../server/auth/actor.ts'
import { parseResource } from '../../server/fhir/resource-text.ts'
import { createSearch } from '../../server/search/search.ts'
import type { Search } from '../../server/search/types.ts'
import { silentLog } from '../../server/store/log.ts'
import { createStore } from '../../server/store/store.ts'
import type { Store } from '../../server/store/types.ts'
import { createWriter } from '../../server/writer/writer.ts'
import { refusalEntries } from '../support/refusal-entries.ts'
import { type TestDatabase, testDatabase } from '../support/mongo.ts'

export const SYSTEM = systemDecision('test')
const OWN_BASE = 'http://127.0.0.1/fhir'

export interface Site {
  store: Store
  access: Access
  search: Search
  database: TestDatabase
  /** writes resources for a custodian in one transaction; the id stands in the resource */
  put(custodian: string, resources: object[], actor?: Actor): Promise<void>
  remove(type: string, id: string, actor?: Actor): Promise<void>
  /** another process on the same database */
  another(options?: Partial<AccessOptions>): Promise<Access>
}

/** Opened before all tests of a file, dropped after them. `clock.now` is the site's time. */
export function site(options: Partial<AccessOptions> = {}): Site {
  const holder = {} as Site
  beforeAll(async () => {
    holder.database = await testDatabase()
    holder.store = await createStore({ uri: holder.database.uri, database: holder.database.database, log: silentLog, poolSize: 16 })
    holder.search = createSearch({ timezone: 'Asia/Shanghai', publicUrl: 'http://127.0.0.1' })
    holder.another = (extra = {}) => createAccess({ ...common(), ...extra })
    holder.access = await createAccess(common())
    const writer = createWriter({ store: holder.store, search: holder.search, access: holder.access })
    holder.put = async (custodian, resources, actor) => {
      const drafts = resources.map((resource) => {
        const { resourceType: type, id } = resource as { resourceType: string; id: string }
        return { type, id, method: 'PUT' as const, expect: 'any' as const, parsed: parseResource(JSON.stringify(resource)), custodian }
      })
      const result = await writer.write(drafts, actor ? { actor } : {})
      if (!result.ok) throw new Error(`conflict ${result.conflict}`)
    }
    holder.remove = async (type, id, actor) => {
      const result = await writer.write([{ type, id, method: 'DELETE', expect: 'any', custodian: '' }], actor ? { actor } : {})
      if (!result.ok) throw new Error(`conflict ${result.conflict}`)
    }
  })
  const common = (): AccessOptions => ({
    store: holder.store,
    firstRefusalEntry: refusalEntries(holder.store),
    organizations: [{ id: 'H1' }, { id: 'H2' }, { id: 'H3' }],
    secret: new Uint8Array(32).fill(7),
    ownBase: OWN_BASE,
    indexOf: (_resource, text) => {
      const parsed = parseResource(text)
      return holder.search.index(parsed.resource, parsed.decimals)
    },
    ...options,
  })
  afterAll(async () => {
    await holder.access.stop()
    await holder.store.close()
    await holder.database.drop()
  })
  return holder
}

export function actor(party: Actor['party'], extra: Partial<Actor> = {}): Actor {
  const purposes: Partial<Record<Actor['party'], string>> = {
    hospital: 'TREAT',
    researcher: 'HRESCH',
    insurer: 'HPAYMT',
    mia: 'HPAYMT',
    ha: 'PUBHLTH',
    patient: 'PATRQT',
    guardian: 'FAMRQT',
    relative: 'FAMRQT',
    operator: 'SYSADMIN',
    pharma: 'HRESCH',
    legal: 'HLEGAL',
  }
  return {
    clientId: `${party}-client`,
    party,
    organization: '',
    role: party === 'hospital' ? 'clinician' : '',
    purpose: purposes[party] ?? '',
    form: 'IDENT',
    scopes: [],
    ...extra,
  }
}

export const hospital = (organization: string, extra: Partial<Actor> = {}): Actor => actor('hospital', { organization, ...extra })

export const researcher = (extra: Partial<Actor> = {}): Actor =>
  actor('researcher', { organization: 'U1', form: 'PSEUD', study: 'S1', ...extra })

/** Does this actor see the resource? Read by the filter and by the second gate. */
export async function sees(access: Access, store: Store, who: Actor, type: string, id: string): Promise<boolean> {
  return access.withDecision(who, {}, async (decision) => {
    const page = await store.search(decision, { type, plan: { kind: 'ids', ids: [id] }, sort: [], count: 5, total: 'none' })
    const read = await store.read(decision, type, id)
    if ((page.rows.length === 1) !== (read !== undefined)) throw new Error('filter and gate disagree')
    return read !== undefined
  })
}

export const patient = (id: string, extra: object = {}): object => ({ resourceType: 'Patient', id, name: [{ text: '测试' }], ...extra })

export const condition = (id: string, subject: string, code = 'I10', extra: object = {}): object => ({
  resourceType: 'Condition',
  id,
  code: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.11.3', code }] },
  subject: { reference: `Patient/${subject}` },
  recordedDate: '2024-05-01',
  ...extra,
})

export const encounter = (id: string, subject: string, extra: object = {}): object => ({
  resourceType: 'Encounter',
  id,
  status: 'in-progress',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
  subject: { reference: `Patient/${subject}` },
  ...extra,
})

export const study = (id: string, ethics: 'approved' | 'waiver' = 'approved', extra: object = {}): object => ({
  resourceType: 'ResearchStudy',
  id,
  status: 'active',
  extension: [{ url: 'https://fhir-cn.example/StructureDefinition/ethics-approval', valueCode: ethics }],
  ...extra,
})
