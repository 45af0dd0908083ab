/** `npm run check:mutations`: 2,000 broken payloads and some huge ones. Exits 1 when one of them did harm. */
import { runMutations } from './mutations/run.ts'
import { mutationSummary } from './mutations/summary.ts'
import { runCheck, withMongod } from './support/check.ts'

await runCheck('mutations', (dataDir, seed) =>
  withMongod(dataDir, async (mongodbUri) => {
    const mutants = Number(process.env.MUTANTS ?? 2000)
    const options = { mongodbUri, database: 'mutations', dataDir, seed, mutants, round: 100, scale: 1, rssMbMax: 2048, say: console.log }
    return mutationSummary(await runMutations(options))
  }),
)
