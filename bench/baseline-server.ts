/** The baseline: a bare Express 5 that finds the same bytes and sends them. Started by bench/main.ts as a process of its own. */
import { randomBytes } from 'node:crypto'
import express from 'express'
import { MongoClient } from 'mongodb'

const client = new MongoClient(process.env.BENCH_URI ?? '', { promoteBuffers: true, maxPoolSize: 64 })
const db = client.db(process.env.BENCH_DATABASE ?? '')
const app = express()
app.disable('x-powered-by')
app.disable('etag')

app.get('/fhir/:type/:id', async (request, response) => {
  const doc = await db.collection<{ _id: string; body: Buffer }>(request.params.type).findOne({ _id: request.params.id })
  if (!doc) {
    response.sendStatus(404)
    return
  }
  response.type('application/fhir+json').send(doc.body)
})

/** A patient's page of 50, newest first, by key: the bare find of the same bytes. */
app.get('/fhir/:type', async (request, response) => {
  const key = `subject>Patient/${String(request.query.patient)}`
  const docs = await db
    .collection<{ _id: string; keys: string[]; body: Buffer }>(request.params.type)
    .find({ keys: key })
    .sort({ sd: -1 })
    .limit(50)
    .toArray()
  const pieces: Buffer[] = [Buffer.from('{"resourceType":"Bundle","type":"searchset","entry":[')]
  for (const [at, doc] of docs.entries()) pieces.push(Buffer.from(at === 0 ? '{"resource":' : ',{"resource":'), doc.body, Buffer.from('}'))
  pieces.push(Buffer.from(']}'))
  response.type('application/fhir+json').send(Buffer.concat(pieces))
})

/** A bare journaled transaction of a resource and its audit, no key of either. */
app.post('/fhir/:type', express.raw({ type: 'application/fhir+json', limit: '1mb' }), async (request, response) => {
  const id = randomBytes(13).toString('hex')
  const at = new Date()
  await client.withSession((session) =>
    session.withTransaction(
      async () => {
        await db.collection<{ _id: string }>('bench_bare_resource').insertOne({ _id: id, at, body: request.body } as never, { session })
        await db.collection('bench_bare_audit').insertOne({ at, what: `${request.params.type}/${id}`, who: 'bench' }, { session })
      },
      { writeConcern: { w: 'majority', journal: true } },
    ),
  )
  response.status(201).type('application/fhir+json').send(request.body)
})

await client.connect()
const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' && address ? address.port : 0 })
})
process.on('disconnect', () => process.exit(0))
