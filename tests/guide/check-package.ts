/**
 * `npm run check:package`: HL7's validation engine for Java loads /ig/package.tgz without a network and says what it thinks of every
 * definition and example in it. Exit 1 where it finds an error that engine-lacks.ts does not name. Needs Java 17 and Maven, as `npm run record:verdicts` does.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGuide } from '../../server/guide/guide.ts'
import { createTerminology } from '../../server/terminology-service/terminology.ts'
import { type Lack, lackOf } from './engine-lacks.ts'
import { runProgram } from '../validation/agreement/java.ts'
import type { JavaIssue } from '../validation/agreement/verdicts.ts'

const folder = mkdtempSync(join(tmpdir(), 'yilian-package-'))
const terminology = createTerminology()
const archive = await createGuide(() => terminology.tables()).file('package.tgz')
writeFileSync(join(folder, 'package.tgz'), archive?.packed ?? '')
console.log(runProgram('PackageCheck', [join(folder, 'package.tgz'), join(folder, 'verdicts')]).trimEnd())
const verdicts = readFileSync(join(folder, 'verdicts'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as { name: string; issues: JavaIssue[] })
rmSync(folder, { recursive: true })
const known = new Map<Lack, number>()
let count = 0
for (const { name, issues } of verdicts)
  for (const issue of issues.filter(({ severity }) => severity === 'error' || severity === 'fatal')) {
    const lack = lackOf(name, issue)
    if (lack) known.set(lack, (known.get(lack) ?? 0) + 1)
    else {
      count++
      console.log(`${name} ${issue.severity} ${issue.at} [${issue.id}] ${issue.text}`)
    }
  }
for (const [{ why }, times] of known) console.log(`${times} times not counted: ${why}`)
console.log(`${count} errors`)
if (count > 0) process.exitCode = 1
