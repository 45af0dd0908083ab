/** What stands of a subject among the resources: current versions, deleted ones too, and superseded ones. */
import type { Store, Stored } from '../store/types.ts'
import { EXPUNGING } from './tables.ts'
import type { Subject } from './types.ts'

/** What a job is about: a person, or one resource that was deleted. */
export interface Target {
  type: string
  id: string
  subject: Subject
}

export interface FoundBatch {
  type: string
  /** `superseded`: versions whose current one may stand under somebody else */
  kind: 'current' | 'superseded'
  own: Stored[]
  /** of other persons too */
  shared: Stored[]
}

/** Versions of one resource are its own, whoever they are of: it is named, and was deleted before. */
export async function* foundOf(store: Store, { type, id, subject }: Target): AsyncGenerator<FoundBatch> {
  if (subject.patients.length === 0) {
    const current = await store.read(EXPUNGING, type, id)
    if (current) yield { type, kind: 'current', own: [current], shared: [] }
    return
  }
  const scope = { persons: subject.patients }
  const types = await store.typesOfPersons(EXPUNGING, scope)
  for (const one of types.current)
    for await (const rows of store.ofPersons(EXPUNGING, one, scope)) yield { type: one, kind: 'current', ...parted(rows, subject) }
  for (const one of types.superseded)
    for await (const rows of store.historyOfPersons(EXPUNGING, one, scope))
      yield { type: one, kind: 'superseded', ...parted(rows, subject) }
}

function parted(rows: readonly Stored[], { patients }: Subject): Pick<FoundBatch, 'own' | 'shared'> {
  const known = new Set(patients)
  const isOwn = ({ acc }: Stored): boolean => acc.p.every((person) => known.has(person))
  return { own: rows.filter(isOwn), shared: rows.filter((row) => !isOwn(row)) }
}
