/**
 * Small finds in several collections that begin in the same turn of the event loop go to the database as one command: what a command costs both
 * processes, beside what is in it, is more than most of these finds. Each starts after it was asked for, as it would by itself.
 */
import type { Db, Document } from 'mongodb'
import { type FindCommand, findAtOnce } from './find-command.ts'

/** As `findAtOnce`; the projection is of whole fields. */
export type FindJointly = <T extends Document>(collection: string, find: FindCommand) => Promise<T[]>

interface Asked {
  collection: string
  find: FindCommand
  resolve(rows: Document[]): void
  reject(error: unknown): void
}

export function createJointFinds(db: Db): FindJointly {
  let asked: Asked[] = []

  const alone = ({ collection, find, resolve, reject }: Asked): void => {
    findAtOnce(db, collection, find).then(resolve, reject)
  }
  const send = async (): Promise<void> => {
    const all = asked
    asked = []
    const answers = all.length > 1 ? await together(db, all) : undefined
    for (const [at, one] of all.entries()) {
      if (answers) one.resolve(answers[at] as Document[])
      else alone(one)
    }
  }

  return <T extends Document>(collection: string, find: FindCommand) =>
    new Promise<T[]>((resolve, reject) => {
      if (asked.length === 0) setImmediate(() => void send())
      asked.push({ collection, find, resolve: resolve as Asked['resolve'], reject })
    })
}

/** @returns the rows of each; undefined where they do not fit into one answer or it failed: each tells by itself what is wrong, if it still is */
async function together(db: Db, all: readonly Asked[]): Promise<Document[][] | undefined> {
  const [first, ...others] = all.map(({ collection: coll, find }, at) => ({ coll, pipeline: pipelineOf(find, at) }))
  if (!first) return []
  const pipeline = [...first.pipeline, ...others.map((other) => ({ $unionWith: other }))]
  const batchSize = all.reduce((sum, { find }) => sum + find.limit, 1)
  const times = all.flatMap(({ find }) => find.maxTimeMS ?? [])
  const bounded = times.length > 0 ? { maxTimeMS: Math.min(...times) } : {}
  try {
    const command = { aggregate: first.coll, pipeline, cursor: { batchSize }, readConcern: { level: 'majority' }, ...bounded }
    const { cursor } = await db.command(command, { promoteBuffers: true })
    if (String(cursor.id) !== '0') return undefined
    const found = all.map((): Document[] => [])
    for (const { at, row } of cursor.firstBatch as { at: number; row: Document }[]) found[at]?.push(row)
    return found
  } catch {
    return undefined
  }
}

const pipelineOf = ({ filter, sort, limit, projection }: FindCommand, at: number): Document[] => [
  { $match: filter },
  ...(sort ? [{ $sort: sort }] : []),
  { $limit: limit },
  ...(projection ? [{ $project: projection }] : []),
  { $replaceWith: { at: { $literal: at }, row: '$$ROOT' } },
]
