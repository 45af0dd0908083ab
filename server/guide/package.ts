/** The guide as an npm-style FHIR package: manifest, index, conformance resources, examples. The same bytes at every build. */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FhirResource } from '../fhir/types.ts'
import { tar } from './tar.ts'
import { PACKAGE } from './texts/package.ts'
import type { Content } from './types.ts'

const packed = promisify(gzip)
/** What an entry of `.index.json` may say of a resource, in this order. */
const INDEXED = ['id', 'url', 'version', 'kind', 'type', 'supplements', 'content'] as const

/** Path and text of every file, by path, as they stand in the archive. */
export async function packageFiles(content: Content): Promise<[path: string, text: string][]> {
  const definitions: [string, string][] = []
  for (const one of content.artifacts) definitions.push([`${one.type}-${one.id}.json`, await one.text()])
  const examples: [string, string][] = []
  for (const one of content.examples) examples.push([`${one.resourceType}-example-${one.name}.json`, await one.text()])
  const files: [string, string][] = [
    ['package/package.json', `${JSON.stringify(PACKAGE, null, 2)}\n`],
    ['package/.index.json', indexOf(definitions)],
    ['package/example/.index.json', indexOf(examples)],
    ...definitions.map(([name, text]): [string, string] => [`package/${name}`, text]),
    ...examples.map(([name, text]): [string, string] => [`package/example/${name}`, text]),
  ]
  return files.sort(([a], [b]) => (a < b ? -1 : 1))
}

function indexOf(files: readonly (readonly [string, string])[]): string {
  const entries = files.map(([filename, text]) => {
    const resource = JSON.parse(text) as FhirResource
    const said = INDEXED.flatMap((name) => (typeof resource[name] === 'string' ? [[name, resource[name]]] : []))
    return { filename, resourceType: resource.resourceType, ...Object.fromEntries(said) }
  })
  const sorted = entries.sort((a, b) => (a.filename < b.filename ? -1 : 1))
  return `${JSON.stringify({ 'index-version': 2, files: sorted }, null, 1)}\n`
}

/** zlib writes no time into the header, and says "unknown" for the system below it: see tests/guide/package.test.ts. */
export async function packageArchive(content: Content): Promise<Buffer> {
  const archive = await packed(tar(await packageFiles(content)), { level: 9 })
  archive[9] = 255
  return archive
}
