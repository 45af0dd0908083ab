/**
 * How the database runs the commands of a search: the same code runs them, on a database that notes each, and each is then
 * explained (MongoDB's `explain`, executionStats). Nothing of a document, of a filter or of a bound of an index is kept.
 */
import type { AggregateOptions, Collection, CountDocumentsOptions, Db, Document, Filter } from 'mongodb'
import { BOUNDS } from '../config/bounds.ts'

/** One command as it was run. */
export interface CommandPlan {
  collection: string
  command: 'find' | 'aggregate' | 'count'
  /** names of the indexes, each once; `_id_` is that of ids */
  indexes: string[]
  /** the whole collection was read, without an index */
  scanned: boolean
  /** found rows were put in order in memory */
  sorted: boolean
  /** so many of them, the best so far, were kept meanwhile; absent: all that were found */
  kept?: number
  keys: number
  documents: number
}

interface Noted {
  collection: string
  command: CommandPlan['command']
  body: Document
}

export interface Recorded {
  /** to be used like the database itself */
  db: Db
  /** of all commands until now, in their order */
  plans(): Promise<CommandPlan[]>
}

export function recorded(db: Db): Recorded {
  const noted: Noted[] = []
  const note = (collection: string, command: CommandPlan['command'], body: Document): void => {
    noted.push({ collection, command, body })
  }
  const watched = overriding(db, {
    command: (command: Document, options?: object) => {
      if (typeof command.find === 'string') note(command.find, 'find', withoutOptions(command))
      return db.command(command, options)
    },
    collection: (name: string) => watchedCollection(db.collection(name), note),
  })
  return { db: watched, plans: () => Promise.all(noted.map((one) => explained(db, one))) }
}

function watchedCollection(
  collection: Collection,
  note: (name: string, command: CommandPlan['command'], body: Document) => void,
): Collection {
  const name = collection.collectionName
  const aggregateOf = (pipeline: Document[]): Document => ({ aggregate: name, pipeline, cursor: {} })
  return overriding(collection, {
    aggregate: (pipeline: Document[], options?: AggregateOptions) => {
      note(name, 'aggregate', aggregateOf(pipeline))
      return collection.aggregate(pipeline, options)
    },
    countDocuments: (filter: Filter<Document>, options?: CountDocumentsOptions) => {
      note(name, 'count', aggregateOf([{ $match: filter }, { $group: { _id: 1, n: { $sum: 1 } } }]))
      return collection.countDocuments(filter, options)
    },
  })
}

/** The object with some methods of ours; all others are its own. */
function overriding<T extends object>(target: T, methods: Record<string, unknown>): T {
  return new Proxy(target, {
    get(of, name) {
      if (typeof name === 'string' && Object.hasOwn(methods, name)) return methods[name]
      const value: unknown = Reflect.get(of, name, of)
      return typeof value === 'function' ? value.bind(of) : value
    },
  })
}

const withoutOptions = ({ readConcern, maxTimeMS, ...command }: Document): Document => command

async function explained(db: Db, { collection, command, body }: Noted): Promise<CommandPlan> {
  const answer = await db.command({ explain: body, verbosity: 'executionStats', maxTimeMS: BOUNDS.searchMs })
  const found: CommandPlan = { collection, command, indexes: [], scanned: false, sorted: false, keys: 0, documents: 0 }
  readAnswer(answer, found)
  return { ...found, indexes: [...new Set(found.indexes)].sort() }
}

/** An aggregation is one plan, or a list of stages of which the first has the plan of what is found. */
function readAnswer(answer: Document, found: CommandPlan): void {
  for (const stage of (answer.stages ?? []) as Document[]) {
    if (stage.$cursor) readAnswer(stage.$cursor as Document, found)
    if (stage.$sort) readSort(stage.$sort.limit, found)
    if (stage.$lookup) readCounts(stage, found)
  }
  if (answer.queryPlanner) readStage(answer.queryPlanner.winningPlan as Document, found)
  if (answer.executionStats) readCounts(answer.executionStats as Document, found)
}

function readStage(stage: Document, found: CommandPlan): void {
  if (stage.stage === 'COLLSCAN') found.scanned = true
  if (stage.stage === 'SORT') readSort(stage.limitAmount, found)
  if (typeof stage.indexName === 'string') found.indexes.push(stage.indexName)
  // The plan of a find by one id names no index; the word for it differs between versions.
  if (stage.indexName === undefined && /^(?:ID|EXPRESS_I)/.test(String(stage.stage))) found.indexes.push('_id_')
  const inner = [stage.inputStage, stage.queryPlan, stage.outerStage, stage.innerStage, ...(stage.inputStages ?? [])]
  for (const one of inner) if (one) readStage(one as Document, found)
}

function readSort(limit: unknown, found: CommandPlan): void {
  found.sorted = true
  if (limit !== undefined) found.kept = Number(limit)
}

/** Of a plan, and of a look-up. */
function readCounts(of: Document, found: CommandPlan): void {
  found.keys += Number(of.totalKeysExamined ?? 0)
  found.documents += Number(of.totalDocsExamined ?? 0)
  found.indexes.push(...((of.indexesUsed ?? []) as string[]))
  if (Number(of.collectionScans ?? 0) > 0) found.scanned = true
}
