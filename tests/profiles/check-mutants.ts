/**
 * `npm run check:mutants`: every constraint of every profile and extension, dropped or changed, is told by some example. Prints those
 * that are not; exit 1 below 95 %.
 */
import { allMutants, isKilled } from './mutants.ts'

const KILLED_MIN = 0.95

const verdicts = allMutants().map((mutant) => [mutant.name, isKilled(mutant)] as const)
const counted = verdicts.filter(([, killed]) => killed !== undefined)
const alive = counted.filter(([, killed]) => killed === false)
for (const [name] of alive) console.log(`alive: ${name}`)
const share = 1 - alive.length / counted.length
console.log(
  `${counted.length} mutants, ${counted.length - alive.length} killed (${(share * 100).toFixed(1)} %); ${verdicts.length - counted.length} are no profiles and not counted`,
)
if (share < KILLED_MIN) process.exitCode = 1
