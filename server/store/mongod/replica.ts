/** Makes a mongod of ours the primary of its one-member replica set, and recognises one that serves a given folder. */
import { realpath } from 'node:fs/promises'
import { type Document, MongoClient, MongoServerError } from 'mongodb'
import { BOUNDS } from '../../config/bounds.ts'

const ALREADY_INITIALIZED = 23
const NOT_YET_INITIALIZED = 94
const POLL_MS = 20

/** Initiates the set at the first start, corrects its member's port after that, waits until it is primary. */
export async function ensurePrimary(port: number): Promise<void> {
  await withDirect(port, async (admin) => {
    const host = `127.0.0.1:${port}`
    const deadline = Date.now() + BOUNDS.mongodStartMs
    for (;;) {
      const hello = await admin({ hello: 1 })
      if (hello.isWritablePrimary === true && hello.me === host) return
      await configure(admin, host)
      if (Date.now() > deadline) throw new Error('内置 mongod 未成为主节点 / the embedded mongod did not become primary')
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  })
}

type Admin = (command: Document) => Promise<Document>

async function configure(admin: Admin, host: string): Promise<void> {
  const config = await currentConfig(admin)
  if (config === undefined) {
    const initial = { _id: 'rs0', members: [{ _id: 0, host }], settings: { electionTimeoutMillis: 1000 } }
    await admin({ replSetInitiate: initial }).catch((error: unknown) => {
      if (!(error instanceof MongoServerError) || error.code !== ALREADY_INITIALIZED) throw error
    })
    return
  }
  if (config.members[0].host === host) return
  config.members[0].host = host
  config.version += 1
  await admin({ replSetReconfig: config, force: true })
}

async function currentConfig(admin: Admin): Promise<Document | undefined> {
  try {
    return (await admin({ replSetGetConfig: 1 })).config
  } catch (error) {
    if (error instanceof MongoServerError && error.code === NOT_YET_INITIALIZED) return undefined
    throw error
  }
}

/** Whether the mongod at that port has that data folder: a pid alone may have been given to another program since. */
export async function servesFolder(port: number, dbPath: string): Promise<boolean> {
  try {
    return await withDirect(
      port,
      async (admin) => {
        const { parsed } = await admin({ getCmdLineOpts: 1 })
        return (await realpath(parsed.storage.dbPath)) === (await realpath(dbPath))
      },
      BOUNDS.mongodAnswerMs,
    )
  } catch {
    return false
  }
}

async function withDirect<T>(port: number, work: (admin: Admin) => Promise<T>, patienceMs: number = BOUNDS.mongodStartMs): Promise<T> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    serverSelectionTimeoutMS: patienceMs,
    connectTimeoutMS: Math.min(patienceMs, BOUNDS.mongoConnectMs),
    maxPoolSize: 1,
  })
  try {
    return await work((command) => client.db('admin').command(command))
  } finally {
    await client.close()
  }
}
