/**
 * `npm run check:examples`: every resource of the R4 package, also the large bundles, against base R4, and through XML and back.
 * Exits 1 on a surprise.
 */
import { compactJson } from '../../server/fhir/resource-text.ts'
import { fromXml } from '../../server/fhir-xml/from-xml.ts'
import { toXml } from '../../server/fhir-xml/to-xml.ts'
import { createValidator } from '../../server/validation/validator.ts'
import { isSame } from '../fhir-xml/same.ts'
import { errorsOf, exampleFiles, exampleText, expectedErrors, readExample } from './official-examples.ts'

const validator = createValidator()
let surprises = 0
const files = exampleFiles()
for (const file of files) {
  const json = compactJson(exampleText(file))
  if (!isSame(fromXml(Buffer.from(toXml(json))), json)) {
    surprises++
    console.error(`${file}: not the same after a way through XML`)
  }
  const found = errorsOf(validator, readExample(file)).join('\n')
  if (found === expectedErrors(file).join('\n')) continue
  surprises++
  console.error(`${file}:\n${found || 'no error, although one is listed'}`)
}
console.log(`${files.length} resources, ${surprises} surprises`)
process.exitCode = surprises === 0 ? 0 : 1
