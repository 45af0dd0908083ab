/** A process of its own that stores visits told of by both until it is killed (see visits-kill.test.ts). */
import { numbered, visitRig } from './visit-messages.ts'

const [uri = '', database = '', count = '0'] = process.argv.slice(2)
const one = await visitRig({ secret: Buffer.alloc(32, 3) }, { uri, database, drop: async () => {} })
await one.ingest.start()
process.stdout.write('ready\n')
const order = [...Array(Number(count)).keys()]
await Promise.all([0, 1, 2, 3].map((lane) => sendAll(order.filter((n) => n % 4 === lane))))

async function sendAll(numbers: readonly number[]): Promise<void> {
  for (const n of numbers) for (const [source, body] of numbered(n)) await one.send(source, body)
}
