/** The connection of one process to MongoDB, with every concern and time-out chosen explicitly. */
import { type Db, MongoClient } from 'mongodb'
import { BOUNDS } from '../config/bounds.ts'
import { tellWhoWaitsForClosedSockets } from './closed-sockets.ts'

export interface Connection {
  client: MongoClient
  db: Db
}

export interface ConnectOptions {
  uri: string
  database: string
  poolSize?: number
  /** how long an operation waits for a primary */
  serverSelectionMs?: number
}

/** The name by which the database knows the connections of all processes that serve this database. */
export const appName = (database: string): string => `yilian ${database}`.slice(0, APP_NAME_CHARS)
/** The protocol's limit is 128 bytes. */
const APP_NAME_CHARS = 120

/**
 * Connects and checks that the server is a member of a replica set or the router of a sharded cluster: transactions and
 * majority reads, on which consent and audit rest, do not exist on a standalone.
 * @throws Error with a text for the operator
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  tellWhoWaitsForClosedSockets()
  const client = new MongoClient(options.uri, {
    appName: appName(options.database),
    // What a majority has can not be taken back; labels and consents must never be read from a state that is rolled back.
    readConcern: { level: 'majority' },
    readPreference: 'primary',
    writeConcern: { w: 'majority', journal: true, wtimeoutMS: BOUNDS.mongoWriteConcernMs },
    retryWrites: true,
    retryReads: true,
    maxPoolSize: options.poolSize ?? BOUNDS.mongoPoolSize,
    connectTimeoutMS: BOUNDS.mongoConnectMs,
    serverSelectionTimeoutMS: options.serverSelectionMs ?? BOUNDS.mongoServerSelectionMs,
    socketTimeoutMS: BOUNDS.mongoSocketMs,
    ignoreUndefined: false,
    promoteBuffers: true,
  })
  try {
    const hello = await client.db('admin').command({ hello: 1 })
    if (hello.setName === undefined && hello.msg !== 'isdbgrid') throw new Error(STANDALONE)
    return { client, db: client.db(options.database) }
  } catch (error) {
    await client.close()
    throw error
  }
}

const STANDALONE = [
  'MONGODB_URI 指向单机 mongod，无法使用事务；请以副本集方式运行：',
  'MONGODB_URI is a standalone mongod, which has no transactions; run it as a replica set:',
  '  mongod --replSet rs0 --bind_ip 127.0.0.1 --dbpath <folder>',
  '  mongosh --eval "rs.initiate()"',
].join('\n')
