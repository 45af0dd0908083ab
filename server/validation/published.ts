/** What HL7 publishes with R4 beside the base: profiles, extensions, value sets that bind weaker than required, code systems. Read when first asked for. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { addCodes, type CodeSet, codeSet } from './bindings.ts'

const folder = join(import.meta.dirname, '..', '..', 'profiles', 'generated', 'r4')

const read = <T>(file: string): T => JSON.parse(readFileSync(join(folder, file), 'utf8')) as T

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

const PREFIX = 'http://hl7.org/fhir/StructureDefinition/'
const definitions = once(() => read<Record<string, object>>('derived.json'))
const bound = once(() => read<Record<string, Record<string, string[]>>>('bound-codes.json'))
const systems = once(
  () => new Map(Object.entries(read<Record<string, string[]>>('systems.json')).map(([url, codes]) => [url, new Set(codes)])),
)

/** The StructureDefinition of a profile or extension of HL7, reduced; undefined for any other canonical. */
export const publishedProfile = (url: string): object | undefined =>
  url.startsWith(PREFIX) && Object.hasOwn(definitions(), url) ? definitions()[url] : undefined

const sets = new Map<string, CodeSet>()

/** Codes of a value set of HL7; undefined when R4 does not list them. */
export function publishedCodes(url: string): CodeSet | undefined {
  const known = sets.get(url)
  if (known) return known
  const codes = Object.hasOwn(bound(), url) ? bound()[url] : undefined
  if (!codes) return undefined
  const made = codeSet(url)
  for (const [system, list] of Object.entries(codes)) addCodes(made, system, list)
  sets.set(url, made)
  return made
}

/** All codes of a code system that R4 lists completely. */
export const publishedSystem = (url: string): ReadonlySet<string> | undefined => systems().get(url)
