/**
 * The drift auditor (access.md 3.6 step 7): makes the labels of every stored document anew, from scratch, and compares them
 * with those that stand on it. It reads only; what it finds is for an operator to look into, and hidden is its safe side.
 */
import type { FhirResource } from '../fhir/types.ts'
import type { Store, Stored } from '../store/types.ts'
import { type ClassRegistry, createClassRegistry } from './classes.ts'
import { classAnnouncer } from './overlay-reader.ts'
import { zoneOf } from '../fhir/zone.ts'
import type { Acc } from './decision.ts'
import { effectiveRules } from './person-rules.ts'
import { canonicalJson } from './canonical-json.ts'
import { type StampDeps, stampAll, UNKNOWN_PERSON } from './stamp.ts'
import { accessTables, type AccessTables, LABELLING, OF_PERSONS, parseConsents } from './tables.ts'
import type { StampInput } from './types.ts'

export interface Drift {
  type: string
  id: string
  v: number
  /** which part of the label is not what it should be */
  part: 'persons' | 'class' | 'epoch' | 'custodian'
  /** visible to nobody for whom it should be hidden: covered by an overlay entry, or lacking what a first consent permits */
  covered: boolean
}

export interface LabelAudit {
  documents: number
  /** persons whose kept rules do not follow from their kept consents */
  states: number
  drifts: Drift[]
  /** overlay entries whose relabelling is done, and those that still cover */
  overlay: { done: number; open: number }
}

const DRIFTS_MAX = 1000
/** The account of uses does not depend on consents. */
const NOT_LABELLED = new Set(['AuditEvent'])

export interface LabelAuditOptions {
  store: Store
  types: readonly string[]
  ownBase: string
  timezone?: string
  now?: () => Date
}

/** Streams the current documents of these types; at most DRIFTS_MAX differences are told. */
export async function auditLabels(options: LabelAuditOptions): Promise<LabelAudit> {
  const tables = accessTables(options.store)
  const classes = createClassRegistry(tables.classes, classAnnouncer(tables))
  await classes.refresh()
  const zone = zoneOf(options.timezone ?? 'Asia/Shanghai')
  const deps: StampDeps = { store: options.store, tables, classes, zone, ownBase: options.ownBase }
  const [overlay, grants] = await Promise.all([tables.overlay.find(OF_PERSONS), tables.grants.find({})])
  const entries = new Map([...grants, ...overlay].map((entry) => [entry._id, entry.epoch]))
  const found: LabelAudit = {
    documents: 0,
    states: await unsoundStates(tables, deps, options.now?.() ?? new Date()),
    drifts: [],
    overlay: { done: overlay.filter(({ done }) => done !== null).length, open: overlay.filter(({ done }) => done === null).length },
  }
  for (const type of options.types) {
    if (NOT_LABELLED.has(type)) continue
    for await (const batch of options.store.stream(LABELLING, type, { kind: 'everything' })) {
      found.documents += batch.length
      const drifts = await driftsOf(deps, classes, batch)
      for (const { row, part } of drifts) {
        if (found.drifts.length < DRIFTS_MAX) found.drifts.push({ type, id: row.id, v: row.v, part, covered: isCovered(row.acc, entries) })
      }
    }
  }
  return found
}

/** As every query does it: excluded unless stamped with the epoch of its entry. What only a grant lacks shows too little. */
const isCovered = (acc: Acc, entries: ReadonlyMap<string, number>): boolean =>
  acc.p.some((person) => entries.has(person) && !acc.e.includes(`${person}#${entries.get(person)}`))

async function driftsOf(
  deps: StampDeps,
  classes: ClassRegistry,
  batch: readonly Stored[],
): Promise<{ row: Stored; part: Drift['part'] }[]> {
  const rows = batch.filter((row) => !row.deleted)
  const stamps = await stampAll(deps, rows.map(inputOf))
  return rows.flatMap((row, at) => {
    const part = difference(row.acc, stamps[at]?.acc, classes)
    return part ? [{ row, part }] : []
  })
}

function inputOf(row: Stored): StampInput {
  const text = Buffer.from(row.body).toString()
  const input: StampInput = {
    type: row.type,
    id: row.id,
    resource: JSON.parse(text) as FhirResource,
    custodian: row.acc.o,
    current: row.acc,
  }
  // What names no patient itself keeps the persons under whom it stood.
  const namesPatient = text.includes('"Patient/') || row.type === 'Patient'
  return namesPatient ? input : { ...input, alsoPatients: row.acc.p.filter((person) => person !== UNKNOWN_PERSON) }
}

function difference(standing: Acc, anew: Acc | undefined, classes: ClassRegistry): Drift['part'] | undefined {
  if (!anew || standing.o !== anew.o) return 'custodian'
  if (!sameList(standing.p, anew.p)) return 'persons'
  if (standing.s !== anew.s && canonicalJson(classes.get(standing.s) ?? {}) !== canonicalJson(classes.get(anew.s) ?? {})) return 'class'
  return sameList(standing.e, anew.e) ? undefined : 'epoch'
}

const sameList = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((one, at) => one === b[at])

/** The rules that are kept beside the consents must be those that follow from them. */
async function unsoundStates(tables: AccessTables, deps: StampDeps, now: Date): Promise<number> {
  let unsound = 0
  for await (const state of tables.state.stream({})) {
    const anew = canonicalJson(effectiveRules(parseConsents(state), state.birthDate, now.getTime(), deps.zone))
    if (anew !== state.rules) unsound++
  }
  return unsound
}
