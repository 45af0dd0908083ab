/**
 * Reads by id. Requests that arrive while a query runs share the next one: each query starts after all the requests that it
 * answers, so nobody gets an older state than with a query of his own, and the database sees one query for many.
 */
import type { Db } from 'mongodb'
import { BOUNDS } from '../config/bounds.ts'
import { PROJECTION, type StoredDoc } from './documents.ts'
import { soon } from './soon.ts'

interface Wanted {
  id: string
  resolve(doc: StoredDoc | undefined): void
  reject(error: unknown): void
}

interface TypeReads {
  waiting: Wanted[]
  running: number
  wake(): void
}

export type ReadById = (type: string, id: string) => Promise<StoredDoc | undefined>

export function createReader(db: Db, lanes: number = BOUNDS.readLanes): ReadById {
  const byType = new Map<string, TypeReads>()

  const pump = (type: string, state: TypeReads) => {
    while (state.running < lanes && state.waiting.length > 0) {
      const group = state.waiting.splice(0, BOUNDS.readGroupIds)
      state.running++
      void answer(type, group).finally(() => {
        state.running--
        state.wake()
      })
    }
  }

  const answer = async (type: string, group: Wanted[]) => {
    try {
      const found = await findAll(type, group)
      for (const { id, resolve } of group) resolve(found.get(id))
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  const findAll = async (type: string, group: Wanted[]): Promise<Map<string, StoredDoc>> => {
    const ids = [...new Set(group.map(({ id }) => id))]
    const filter = ids.length === 1 ? { _id: { $eq: ids[0] as string } } : { _id: { $in: ids } }
    const docs = await db
      .collection<StoredDoc>(type)
      .find(filter, { projection: PROJECTION, limit: ids.length, singleBatch: true, maxTimeMS: BOUNDS.searchMs })
      .toArray()
    return new Map(docs.map((doc) => [doc._id, doc]))
  }

  return (type, id) =>
    new Promise((resolve, reject) => {
      let state = byType.get(type)
      if (!state) {
        const fresh: TypeReads = { waiting: [], running: 0, wake: soon(() => pump(type, fresh)) }
        byType.set(type, fresh)
        state = fresh
      }
      state.waiting.push({ id, resolve, reject })
      state.wake()
    })
}
