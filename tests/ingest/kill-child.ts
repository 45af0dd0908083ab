/** A process of its own that takes one batch and works on it until it is killed (see kill.test.ts). */
import { actorOf, countingQuality, recordsMapping, rig, sourceOf } from './support.ts'

const [uri = '', database = '', rows = '0'] = process.argv.slice(2)
const batch = { ...recordsMapping, id: 'test/batch', mode: 'table' as const }
const one = await rig(
  [sourceOf('batch', 'rhip', 'HA', 'test/batch')],
  { mapping: () => batch, secret: Buffer.alloc(32, 3) },
  { uri, database, drop: async () => {} },
)
one.ingest.deps.quality = countingQuality(one)
await one.ingest.start()
const records = Array.from({ length: Number(rows) }, (_, at) => ({
  deliveryId: `row ${at}`,
  patient: { local: [{ kind: 'CARD', value: `C${at % 40}`, strong: true }] },
  resources: [
    {
      key: { type: 'Observation', scope: 'HA', parts: [String(at)] },
      resource: { resourceType: 'Observation', status: 'final', code: { text: `row ${at}` }, subject: { $patient: true } },
      state: 'current',
      statedAt: '2026-03-06T08:00:00Z',
    },
  ],
  unmapped: [{ map: 'm', system: 's', code: 'X' }],
}))
const stream = (async function* () {
  yield Buffer.from(JSON.stringify(records))
})()
const { payload } = await one.ingest.receive('batch', actorOf('batch-client'), stream, { contentType: '', fileName: '' })
process.stdout.write(`${payload._id}\n`)
