/** Addresses of pages, all in one folder, so that every link is a plain name and holds wherever the guide stands. */
import { withoutVersion } from './content.ts'
import { both, type Html, html } from './html.ts'
import type { Artifact, Content, Example } from './types.ts'

export const pageOf = ({ type, id }: Artifact): string => `${type}-${id}.html`
export const jsonOf = ({ type, id }: Artifact): string => `${type}-${id}.json`
export const examplePage = (name: string): string => `example-${name}.html`
export const brokenPage = (id: string): string => `invalid-${id}.html`

/** The name of what a canonical names where it is ours, else the canonical itself. */
export function canonical({ byUrl }: Content, url: string): Html {
  const found = byUrl.get(withoutVersion(url))
  return found ? html`<a href="${pageOf(found)}">${found.id}</a>` : html`<code>${shortened(url)}</code>`
}

/** Of R4's own the name is enough. */
const shortened = (url: string): string => url.replace(/^http:\/\/hl7\.org\/fhir\/(?:StructureDefinition|ValueSet)\//, '')

export const artifactLink = (one: Artifact): Html => html`<a href="${pageOf(one)}">${one.id}</a>`
export const exampleLink = ({ name }: Example): Html => html`<a href="${examplePage(name)}">${name}</a>`

export const list = (all: readonly Artifact[]): Html =>
  all.length === 0 ? html`` : html`<ul>${all.map((one) => html`<li>${artifactLink(one)} ${both(one.names.zh, one.names.en)}</li>`)}</ul>`
