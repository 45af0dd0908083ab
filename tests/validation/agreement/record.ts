/**
 * `npm run record:verdicts`: asks HL7's validation engine about the whole corpus and keeps its verdicts in
 * tests/fixtures/java-verdicts.json, then writes the table of docs/validation.md. Needs Java 17 and Maven; about six minutes.
 * `-- --page` only writes the table, from the verdicts that are kept; `-- --only PATTERN` asks anew about what has such a name or group.
 */
import { createValidator } from '../../../server/validation/validator.ts'
import { compare } from './compare.ts'
import { corpus } from './corpus.ts'
import { type Kept, keptOf, readFixture, writeFixture } from './fixture.ts'
import { runJava } from './java.ts'
import { writePage } from './page.ts'
import { javaErrors } from './verdicts.ts'

const asked = await corpus()
if (!process.argv.includes('--page')) record(process.argv[process.argv.indexOf('--only') + 1], process.argv.includes('--only'))
const comparison = compare(asked, readFixture(), createValidator())
writePage(comparison)
console.log(JSON.stringify(comparison.counts), `${comparison.differences.length} differences, ${comparison.stale.length} not compared`)

function record(pattern: string | undefined, isPart: boolean): void {
  const chosen = isPart ? new RegExp(pattern ?? '') : /./
  const again = asked.filter(({ name, group }) => chosen.test(name) || chosen.test(group))
  const { issues: verdicts, measured } = runJava(again)
  console.log(JSON.stringify(measured))
  const before = isPart ? readFixture() : new Map<string, Kept>()
  const kept = asked.flatMap(({ name, text }): [string, Kept][] => {
    const issues = verdicts.get(name)
    const known = issues ? keptOf(text, javaErrors(issues, JSON.parse(text) as object)) : before.get(name)
    return known ? [[name, known]] : []
  })
  writeFixture(new Map(kept))
}
