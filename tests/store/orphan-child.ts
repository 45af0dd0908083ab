/** A process that opens a transaction, writes in it, and rests until it is killed (see orphans.test.ts). */
import { connect } from '../../server/store/connect.ts'

const [uri = '', database = ''] = process.argv.slice(2)
const { client, db } = await connect({ uri, database })
const session = client.startSession()
session.startTransaction()
await db.collection<{ _id: string; writes?: number }>('things').updateOne({ _id: 'one' }, { $inc: { writes: 1 } }, { session })
process.stdout.write('open\n')
setInterval(() => {}, 1000)
