/**
 * `npm run check:mutations [-- COUNT] [--only FORMAT,…] [--seed N]`: 5,000 broken payloads of each format and some huge ones. Exits 1 when
 * one of them did harm.
 */
import { runMutations } from './mutations/run.ts'
import { mutationSummary } from './mutations/summary.ts'
import { runCheck, withMongod } from './support/check.ts'
import { numbersOf, optionOf } from './support/arguments.ts'

const [mutants = 5000] = numbersOf(process.argv)
const only = optionOf(process.argv, '--only')?.split(',') ?? []

const SEED = 20261127

await runCheck(
  'mutations',
  (dataDir, seed) =>
    withMongod(dataDir, async (mongodbUri) => {
      const place = { mongodbUri, database: 'mutations', dataDir }
      const scale = only.length === 0 || only.includes('huge') ? 1 : 0
      const options = { ...place, seed, mutants, only, round: 500, scale, rssMbMax: 2048, msMax: 1000, say: console.log }
      return mutationSummary(await runMutations(options))
    }),
  SEED,
)
