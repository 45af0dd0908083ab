/**
 * `npm run bench:validator`: resources per second of this validator and of HL7's engine for Java on the same files in the same run,
 * and memory. Needs Java 17 and Maven. Both are warm: the last of several rounds over the files is what counts.
 */
import { spawnSync } from 'node:child_process'
import { parseResource } from '../server/fhir/resource-text.ts'
import { createValidator } from '../server/validation/validator.ts'
import { type Asked, officialExamples, ownExamples } from '../tests/validation/agreement/corpus.ts'
import { runJava } from '../tests/validation/agreement/java.ts'

const ROUNDS = 4
const HEAP_MIB = 200
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

/** In a process of its own, so that its memory is that of validation: the heap is bounded as a small server would bound it. */
function inProcess(): { seconds: number; residentMiB: number } {
  const { stdout, status } = spawnSync(process.execPath, [`--max-old-space-size=${HEAP_MIB}`, import.meta.filename, '--ours'], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error('our measurement failed')
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as { seconds: number; residentMiB: number }
}

function report(): void {
  const ours = inProcess()
  const theirs = runJava(asked, ROUNDS).measured.at(-1)
  if (!theirs) throw new Error('the engine measured nothing')
  const rate = (seconds: number): number => Math.round(asked.length / seconds)
  console.log(`${asked.length} resources, round ${ROUNDS} of ${ROUNDS}`)
  console.log(`ours    ${rate(ours.seconds)} resources/s, ${ours.residentMiB} MiB resident`)
  console.log(`theirs  ${rate(theirs.seconds)} resources/s, ${theirs.residentMiB} MiB resident`)
  console.log(`factor  ${(theirs.seconds / ours.seconds).toFixed(1)}`)
}

if (process.argv.includes('--ours')) console.log(JSON.stringify(measureOurs()))
else report()
