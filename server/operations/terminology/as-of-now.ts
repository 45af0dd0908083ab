/**
 * What questions have looked up since codes were last changed: which definitions an address has, and which loaded systems are in force.
 * One row counts the changes, in their own transactions (server/store/codes-revision.ts). Every question reads it, together with others of
 * its moment, in every process, and asks for nothing else while it stays as it was: so what is kept is never stale.
 *
 * Kept is only what everybody may see, which is what is about nobody. As long as one code system or value set is about somebody, all
 * questions look all definitions up under the filter of their asker: the time of an answer does not tell a hidden one from an absent one.
 */
import { systemDecision } from '../../access/decision.ts'
import type { FhirDeps } from '../../interactions/types.ts'
import { DEFINING, definesCodes, revisionOf, revisionTable } from '../../store/codes-revision.ts'
import type { Store, Stored } from '../../store/types.ts'
import { type Lately, lately } from '../../terminology-kept/lately.ts'
import type { CodeSystem } from '../../terminology-service/code-system.ts'
import { type LookUp, lookUp } from './shared-look-ups.ts'

const KEEPING = systemDecision('terminology')
/** Of all definitions together, and of the addresses that nothing has. */
const ROWS_BYTES_MAX = 16 * 1024 * 1024
const ROW_BYTES = 300
const SYSTEMS_MAX = 1000
/** A process that was killed between the change of a loaded system and its count is noticed by then. */
const VIEW_MS_MAX = 60_000

interface View {
  revision: number
  made: number
  isAboutNobody: Promise<boolean>
  rows: Lately<readonly Stored[]>
  systems: Map<string, readonly CodeSystem[]>
}

export interface AsOfNow {
  /** whoever may see them; undefined: to be looked up under the asker's own filter */
  definitions(asked: LookUp): Promise<readonly Stored[] | undefined>
  /** the versions of a loaded system that are in force */
  systems(url: string): Promise<readonly CodeSystem[]>
}

const views = new WeakMap<Store, View>()

/** Of one question: the row is read when it first asks for something. */
export function asOfNow({ store, kept, now }: Pick<FhirDeps, 'store' | 'kept' | 'now'>): AsOfNow {
  let read: Promise<View> | undefined
  const view = (): Promise<View> => {
    read ??= viewNow(store, now().getTime())
    return read
  }
  return {
    async definitions(asked) {
      if (!definesCodes(asked.type)) return undefined
      const own = await view()
      if (!(await own.isAboutNobody)) return undefined
      const key = `${asked.type}?${asked.name}=${asked.value}`
      const known = own.rows.get(key)
      if (known) return known
      const rows = await lookUp(store, KEEPING, asked)
      own.rows.set(
        key,
        rows,
        rows.reduce((sum, { body }) => sum + body.length + ROW_BYTES, ROW_BYTES + 2 * key.length),
      )
      return rows
    },
    async systems(url) {
      const own = await view()
      const known = own.systems.get(url)
      if (known) return known
      const found = await kept.systems(url)
      if (own.systems.size >= SYSTEMS_MAX) own.systems.clear()
      own.systems.set(url, found)
      return found
    },
  }
}

async function viewNow(store: Store, time: number): Promise<View> {
  const revision = await revisionOf(revisionTable(store, KEEPING))
  const known = views.get(store)
  if (known?.revision === revision && time - known.made <= VIEW_MS_MAX) return known
  const isAboutNobody = store.areAboutSomebody(KEEPING, [...DEFINING]).then((found) => !found)
  const made: View = { revision, made: time, isAboutNobody, rows: lately(ROWS_BYTES_MAX), systems: new Map() }
  views.set(store, made)
  // What failed is not remembered.
  isAboutNobody.catch(() => {
    if (views.get(store) === made) views.delete(store)
  })
  return made
}
