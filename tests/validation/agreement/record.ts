/**
 * `npm run record:verdicts`: asks HL7's validation engine about the whole corpus and keeps its verdicts in
 * tests/fixtures/java-verdicts.json, then writes the table of docs/validation.md. Needs Java 17 and Maven; about six minutes.
 * `-- --own` asks about the examples of this project alone, which is enough after a change of the profiles; `-- --page` only writes the
 * table, from the verdicts that are kept.
 */
import { createValidator } from '../../../server/validation/validator.ts'
import { compare } from './compare.ts'
import { corpus } from './corpus.ts'
import { type Kept, keptOf, readFixture, writeFixture } from './fixture.ts'
import { runJava } from './java.ts'
import { writePage } from './page.ts'
import { javaErrors } from './verdicts.ts'

const asked = await corpus()
if (!process.argv.includes('--page')) {
  const isOwn = ({ group }: (typeof asked)[number]): boolean => group === 'own'
  const again = process.argv.includes('--own') ? asked.filter(isOwn) : asked
  const { issues, measured } = runJava(again)
  const known = readFixture()
  const kept = new Map<string, Kept>(
    asked.flatMap(({ name }) => {
      const one = known.get(name)
      return one ? [[name, one] as const] : []
    }),
  )
  for (const { name, text } of again) kept.set(name, keptOf(text, javaErrors(issues.get(name) ?? [], JSON.parse(text) as object)))
  writeFixture(kept)
  console.log(JSON.stringify(measured))
}
const comparison = compare(asked, readFixture(), createValidator())
writePage(comparison)
console.log(JSON.stringify(comparison.counts), `${comparison.differences.length} differences, ${comparison.stale.length} not compared`)
