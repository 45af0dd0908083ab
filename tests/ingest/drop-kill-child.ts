/** A process of its own that watches a drop folder until it is killed (see drop-kill.test.ts). */
import { sourceMapping } from '../../mappings/index.ts'
import { DROP_FILES, startDrops } from '../../server/ingest/drop/drops.ts'
import { actorOf, decision, rig, sourceOf } from './support.ts'

const [uri = '', database = '', directory = ''] = process.argv.slice(2)
const one = await rig(
  [sourceOf('rhip', 'rhip', 'HA', 'rhip/tables', { '0001': 'H1' })],
  { mapping: sourceMapping, secret: Buffer.alloc(32, 3) },
  { uri, database, drop: async () => {} },
)
await one.ingest.start()
const drops = startDrops(
  [
    {
      source: 'rhip',
      directory,
      ready: 'rename',
      marker: '.done',
      stableSeconds: 1,
      pollSeconds: 86_400,
      waitSeconds: 900,
      actor: actorOf('rhip-client'),
    },
  ],
  { ingest: one.ingest, files: one.store.table(decision, DROP_FILES), now: () => new Date(), log: () => undefined },
)
process.stdout.write('watching\n')
for (;;) {
  await drops.round()
  await one.ingest.work()
}
