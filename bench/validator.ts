/**
 * `npm run bench:validator`: resources per second of this validator and of HL7's engine for Java on the same files in the same run,
 * and memory. Needs Java 17 and Maven. Both are warm: the last of several rounds over the files is what counts.
 */
import { parseResource } from '../server/fhir/resource-text.ts'
import { createValidator } from '../server/validation/validator.ts'
import { type Asked, officialExamples, ownExamples } from '../tests/validation/agreement/corpus.ts'
import { runJava } from '../tests/validation/agreement/java.ts'

const ROUNDS = 4
const CHARACTERS_MAX = 200_000

/** What hospitals send: official examples that are no definitions, and the examples of this project. */
const asked: Asked[] = [
  ...officialExamples().filter(({ group, text }) => group === 'official' && text.length <= CHARACTERS_MAX),
  ...(await ownExamples()),
]

function measureOurs(): { seconds: number; residentMiB: number } {
  const validator = createValidator()
  let seconds = 0
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint()
    for (const { text } of asked) {
      const { resource, decimals } = parseResource(text)
      validator.validate(resource, { mode: 'create', decimals })
    }
    seconds = Number(process.hrtime.bigint() - start) / 1e9
  }
  return { seconds, residentMiB: Math.round(process.memoryUsage().rss / 2 ** 20) }
}

const ours = measureOurs()
const theirs = runJava(asked, ROUNDS).measured.at(-1)
if (!theirs) throw new Error('the engine measured nothing')
const rate = (seconds: number): number => Math.round(asked.length / seconds)
console.log(`${asked.length} resources, round ${ROUNDS} of ${ROUNDS}`)
console.log(`ours    ${rate(ours.seconds)} resources/s, ${ours.residentMiB} MiB resident`)
console.log(`theirs  ${rate(theirs.seconds)} resources/s, ${theirs.residentMiB} MiB resident`)
console.log(`factor  ${(theirs.seconds / ours.seconds).toFixed(1)}`)
