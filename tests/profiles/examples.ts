/**
 * The cases as files for readers that are not these tests (the guide, other validators): `profiles/generated/examples`, sound resources
 * one by one, and for each profile a list of broken ones with the issue that must come of it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ALL } from './cases/all.ts'
import { profile, type ProfileCases } from './cases/case.ts'
import { EXTENSIONS } from './cases/extensions.ts'

export const EXAMPLES = join(import.meta.dirname, '..', '..', 'profiles', 'generated', 'examples')

/** Path below the folder and text of each file, in the order of the paths. */
export function exampleFiles(): Map<string, string> {
  const files = new Map<string, string>()
  for (const [id, all] of Map.groupBy([...ALL, ...EXTENSIONS], (cases) => cases.id)) {
    all.forEach(({ valid }, index) => {
      const name = index === 0 ? id : `${id}-${index + 1}`
      const { resourceType, ...content } = valid
      files.set(`valid/${name}.json`, `${JSON.stringify({ resourceType, id: `example-${name}`, ...content }, null, 1)}\n`)
    })
    const broken = all.flatMap(brokenOf).map((each) => JSON.stringify(each))
    files.set(`invalid/${id}.json`, `[\n${broken.join(',\n')}\n]\n`)
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function brokenOf({ id, valid, broken }: ProfileCases): object[] {
  return broken.map(([what, change, { code, expression, rule, severity = 'error', profile: by = profile(id) }]) => {
    const resource = structuredClone(valid)
    change(resource)
    return {
      what,
      issue: { severity, code, expression, ...(rule === undefined ? {} : { rule }), ...(by === null ? {} : { profile: by }) },
      resource,
    }
  })
}

/** The committed files. */
export function readExamples(): Map<string, string> {
  const paths = ['valid', 'invalid'].flatMap((kind) =>
    existsSync(join(EXAMPLES, kind)) ? readdirSync(join(EXAMPLES, kind)).map((file) => `${kind}/${file}`) : [],
  )
  return new Map(paths.sort().map((path) => [path, readFileSync(join(EXAMPLES, path), 'utf8')]))
}
