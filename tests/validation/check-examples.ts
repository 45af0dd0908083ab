/** `npm run check:examples`: every resource of the R4 package, also the large bundles, against base R4. Exits 1 on a surprise. */
import { createValidator } from '../../server/validation/validator.ts'
import { errorsOf, exampleFiles, expectedErrors, readExample } from './official-examples.ts'

const validator = createValidator()
let surprises = 0
const files = exampleFiles()
for (const file of files) {
  const found = errorsOf(validator, readExample(file)).join('\n')
  if (found === expectedErrors(file).join('\n')) continue
  surprises++
  console.error(`${file}:\n${found || 'no error, although one is listed'}`)
}
console.log(`${files.length} resources, ${surprises} surprises`)
process.exitCode = surprises === 0 ? 0 : 1
