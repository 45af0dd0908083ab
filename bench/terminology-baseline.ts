/** The baseline of bench/terminology.ts: a bare Express 5 that finds the same bytes by their name and sends them; and a find by an expression over displays. */
import express from 'express'
import { MongoClient } from 'mongodb'

const client = new MongoClient(process.env.BENCH_URI ?? '', { promoteBuffers: true, maxPoolSize: 64 })
const db = client.db(process.env.BENCH_DATABASE ?? '')
const answers = db.collection<{ _id: string; body: Buffer }>('bench_answers')
const concepts = db.collection<{ _id: string; s: number; display: string }>('terminology_concepts')
const app = express()
app.disable('x-powered-by')
app.disable('etag')

app.get('/same', async (request, response) => {
  const doc = await answers.findOne({ _id: String(request.query.name) })
  if (!doc) {
    response.sendStatus(404)
    return
  }
  response.type('application/fhir+json').send(doc.body)
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
