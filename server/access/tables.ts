/** The access module's own tables in the store. */
import type { Pair, Store, Table, TableDoc } from '../store/types.ts'
import { systemDecision } from './decision.ts'
import type { ConsentRule } from './consent-model.ts'
import type { ConsentVersion } from './effective-rules.ts'

/** A patient that is linked: its person key is another. */
export interface PersonDoc extends TableDoc {
  _id: string
  person: string
  /** joined by an operator, not by a number: the person that it would be otherwise (parts.ts) */
  part?: string
}

/** One consent of a person, compiled. */
export interface KeptConsent {
  /** Consent id */
  id: string
  /** version in the store */
  v: number
  /** Patient id that it names */
  patient: string
  version: ConsentVersion
  /** performed by the patient alone: no permit while a child */
  alone?: true
}

export interface StateDoc extends TableDoc {
  _id: string
  /** grows with every change: guards against two writers */
  rev: number
  /** grows when the rules change: documents stamped with an older one are stale */
  epoch: number
  /** JSON of ConsentRule[], normalised */
  rules: string
  /** JSON of KeptConsent[] */
  consents: string
  birthDate: string | null
  /** its rules are made by parts (parts.ts) */
  parted?: boolean
}

/** A person whose documents are being relabelled. */
export interface OverlayDoc extends TableDoc {
  _id: string
  /** documents stamped with it are visible; -1: none is */
  epoch: number
  /** the person whose relabelling it belongs to (itself, or the master of a linked patient) */
  person: string
  since: Date
  /** set when all documents are relabelled */
  done: Date | null
  /** who belongs to the person has changed, not only its rules */
  regrouped?: true
  /** documents that are stamped with the epoch in force are looked at as well: what they refer to has other labels */
  anew?: true
}

export interface ClassDoc extends TableDoc {
  _id: number
  hash: string
  type: string
  /** JSON of the ResourceClass */
  def: string
}

/** One Encounter or CareTeam: who treats whom, where, until when. `_id` is `Type/id`. */
export interface RelationDoc extends TableDoc {
  _id: string
  patients: string[]
  /** of `patients` */
  persons: string[]
  organization: string
  users: string[]
  primary: string[]
  /** null: still running */
  end: Date | null
}

/** A court's or authority's order in force. */
export interface LegalOrderDoc extends TableDoc {
  _id: string
  client: string
  persons: string[]
  from: Date
  until: Date
}

/** A person about whom something was collected, or who refused that. */
export interface CollectionDoc extends TableDoc {
  _id: string
  /** how often the refusals of the person changed; 0 or absent: there never was one */
  v?: number
  /** how often something of the person was stored */
  n?: number
  /** of a row under the hash of a patient number: who refused what came under it, so that nobody has it as his yet */
  persons?: string[]
  /** of the row that is nobody's: nothing rests on it any more that nobody refuses (first-refusal.ts) */
  over?: boolean
  /** and nothing that rested on it is under way any more */
  closed?: boolean
}

export const TABLES = {
  persons: 'persons',
  state: 'access_state',
  overlay: 'overlay',
  grants: 'relabel_grants',
  classes: 'policy_classes',
  relations: 'relations',
  legalOrders: 'legal_orders',
  collection: 'collection_refusals',
  leases: 'access_leases',
} as const

export interface AccessTables {
  persons: Table<PersonDoc>
  state: Table<StateDoc>
  /** of the same ids the links, and the consent states */
  linksAndStates(ids: readonly string[]): Promise<Pair<PersonDoc, StateDoc>[]>
  overlay: Table<OverlayDoc>
  /** persons being relabelled whose documents need not be hidden meanwhile */
  grants: Table<OverlayDoc>
  classes: Table<ClassDoc>
  relations: Table<RelationDoc>
  legalOrders: Table<LegalOrderDoc>
  /** of each person what guards the gate at collection (collection.ts) */
  collection: Table<CollectionDoc>
  leases: Table<TableDoc>
}

/** Entries of persons: their ids sort before what else stands in the overlay's table (the mark of the newest class). */
export const OF_PERSONS = { _id: { $lt: '~' } } as const

export const LABELLING = systemDecision('labelling')

export function accessTables(store: Store): AccessTables {
  return {
    persons: store.table(LABELLING, TABLES.persons),
    state: store.table(LABELLING, TABLES.state),
    linksAndStates: store.paired(LABELLING, [TABLES.persons, TABLES.state]),
    overlay: store.table(LABELLING, TABLES.overlay),
    grants: store.table(LABELLING, TABLES.grants),
    classes: store.table(LABELLING, TABLES.classes),
    relations: store.table(LABELLING, TABLES.relations),
    legalOrders: store.table(LABELLING, TABLES.legalOrders),
    collection: store.table(LABELLING, TABLES.collection),
    leases: store.table(LABELLING, TABLES.leases),
  }
}

export async function ensureAccessIndexes(tables: AccessTables): Promise<void> {
  await Promise.all([
    tables.persons.ensureIndex({ person: 1 }),
    tables.classes.ensureIndex({ hash: 1 }, { unique: true }),
    tables.overlay.ensureIndex({ person: 1 }),
    tables.grants.ensureIndex({ person: 1 }),
    // Every process asks once a second for those that are due.
    tables.overlay.ensureIndex({ done: 1, since: 1 }),
    tables.grants.ensureIndex({ done: 1, since: 1 }),
    tables.relations.ensureIndex({ organization: 1, users: 1, end: 1 }),
    tables.relations.ensureIndex({ persons: 1, organization: 1 }),
    tables.relations.ensureIndex({ patients: 1 }),
    tables.legalOrders.ensureIndex({ client: 1, until: 1 }),
    // Rows are made inside transactions, which are to find the table there.
    tables.collection.ensureIndex({ v: 1 }, { where: { v: { $gt: 0 } } }),
    tables.collection.ensureIndex({ persons: 1 }, { sparse: true }),
  ])
}

export const parseRules = (state: StateDoc | undefined): ConsentRule[] => (state ? (JSON.parse(state.rules) as ConsentRule[]) : [])

export const parseConsents = (state: StateDoc | undefined): KeptConsent[] => (state ? (JSON.parse(state.consents) as KeptConsent[]) : [])
