/** The code systems that are kept in MongoDB, as the service asks for them. What is in force is looked up at each question, in every process. */
import type { CodeSystem } from '../terminology-service/code-system.ts'
import type { KeptSystems } from '../terminology-service/library.ts'
import { keptSystem } from './kept-system.ts'
import { type KeptTables, LAYOUT } from './tables.ts'

/** Of a load nothing changes once it is in force. */
const MADE_MAX = 100

/** @param database by its name sets are told apart from those of another one */
export function createKept(tables: KeptTables, database: string): KeptSystems {
  const made = new Map<string, CodeSystem>()
  const systemOf = async (load: string): Promise<CodeSystem | undefined> => {
    const known = made.get(load)
    if (known) return known
    const doc = await tables.loads.get(load)
    // What an earlier release loaded cannot be read: it is not there until it is loaded again.
    if (!doc || doc.layout !== LAYOUT) return undefined
    const system = keptSystem(tables, doc, database)
    if (made.size >= MADE_MAX) made.delete(made.keys().next().value ?? '')
    made.set(load, system)
    return system
  }
  return {
    async systems(url) {
      const current = await tables.current.get(url)
      const systems = await Promise.all((current?.versions ?? []).map(({ load }) => systemOf(load)))
      return systems.flatMap((system) => system ?? [])
    },
    async listed() {
      const rows = await tables.current.find({}, { sort: { _id: 1 } })
      return rows.flatMap(({ _id: url, versions }) =>
        versions.length > 0 ? [{ url, versions: versions.map(({ version }) => version) }] : [],
      )
    },
  }
}
