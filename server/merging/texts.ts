/** Texts of joined Patients: what is not touched stays as it is, byte for byte. Pure. */
import { NATIONAL } from '../fhir/canonical.ts'
import { readIdentityNumber } from '../fhir/identity-number.ts'
import { objectsIn } from '../fhir/objects-in.ts'
import { members, parseResource, stampText } from '../fhir/resource-text.ts'
import type { FhirResource } from '../fhir/types.ts'

export interface PatientLink {
  other?: { reference?: string }
  type?: string
}

export const linksOf = (resource: FhirResource): PatientLink[] => objectsIn(resource.link) as PatientLink[]

export const isReplaced = (resource: FhirResource): boolean => linksOf(resource).some(({ type }) => type === 'replaced-by')

/** The source: inactive, replaced by the target. */
export function replacedText(text: string, target: string): string {
  const [before, after] = partedLinks(text)
  return withMembers(text, { active: 'false', link: listText([...before, linkText(target, 'replaced-by'), ...after]) })
}

/** The target: it replaces the source besides. */
export function replacingText(text: string, source: string): string {
  const [before, after] = partedLinks(text)
  return withMembers(text, { link: listText([...before, ...after, linkText(source, 'replaces')]) })
}

const linkText = (patient: string, type: string): string => JSON.stringify({ other: { reference: `Patient/${patient}` }, type })
const listText = (items: readonly string[]): string => `[${items.join(',')}]`

/** Links of which the Patient was made, and behind them those to what it replaces: the order in which a source's Patient has them. */
function partedLinks(text: string): [string[], string[]] {
  const found = linksOf(parseResource(text).resource).map((link) => ({ link, raw: JSON.stringify(link) }))
  const replaces = ({ link }: { link: PatientLink }): boolean => link.type === 'replaces'
  return [found.filter((one) => !replaces(one)).map(({ raw }) => raw), found.filter(replaces).map(({ raw }) => raw)]
}

/** As in the Patients that are folded of what sources say (server/ingest/fold): a later fold changes nothing. */
const HEAD = ['resourceType', 'id', 'meta', 'identifier', 'active', 'name']
const place = (name: string): string => (HEAD.includes(name) ? `${HEAD.indexOf(name)}` : `~${name}`)

function withMembers(text: string, changed: Readonly<Record<string, string>>): string {
  const all = members(text).map(({ key, valueStart, valueEnd }): [string, string] => [
    key,
    changed[key] ?? text.slice(valueStart, valueEnd),
  ])
  for (const [name, value] of Object.entries(changed)) {
    if (all.some(([known]) => known === name)) continue
    const at = all.findIndex(([known]) => place(known) > place(name))
    all.splice(at < 0 ? all.length : at, 0, [name, value])
  }
  return `{${all.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`
}

/** Valid resident identity numbers of the Patient's own. */
export function numbersOf(resource: FhirResource, newborn = false): string[] {
  // A newborn stands under its mother's.
  if (newborn) return []
  const identifiers = objectsIn(resource.identifier) as { system?: unknown; value?: unknown }[]
  return identifiers.flatMap(({ system, value }) => {
    const read = system === NATIONAL.idCard && typeof value === 'string' ? readIdentityNumber(value) : undefined
    return read?.valid && !read.placeholder ? [read.value] : []
  })
}

const STAMP = { versionId: '1', lastUpdated: '2000-01-01T00:00:00.000Z' }

/** The same but for the server's stamp. */
export const isSameText = (id: string, a: string, b: string): boolean =>
  stampText(parseResource(a).text, { id, ...STAMP }) === stampText(parseResource(b).text, { id, ...STAMP })
