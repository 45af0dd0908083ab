/** The baseline of bench/terminology.ts: a bare Express 5 with a find by id, and one by an expression over displays, of the same concepts. */
import express from 'express'
import { MongoClient } from 'mongodb'

const client = new MongoClient(process.env.BENCH_URI ?? '', { maxPoolSize: 64 })
const concepts = client.db(process.env.BENCH_DATABASE ?? '').collection<{ _id: string; s: number; display: string }>('terminology_concepts')
const app = express()
app.disable('x-powered-by')
app.disable('etag')

app.get('/lookup', async (request, response) => {
  response.json(await concepts.findOne({ _id: `1|${String(request.query.code)}` }))
})

app.get('/filter', async (request, response) => {
  response.json(
    await concepts
      .find({ s: 1, display: { $regex: String(request.query.text) } })
      .limit(20)
      .toArray(),
  )
})

await client.connect()
const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' && address ? address.port : 0 })
})
process.on('disconnect', () => process.exit(0))
