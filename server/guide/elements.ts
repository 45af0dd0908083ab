/** Tables of elements: what a profile changes (differential) and all that holds (snapshot). R4 elementdefinition.html. */
import { BASE } from '../fhir/canonical.ts'
import { both, english, type Html, html, type Part, table } from './html.ts'
import { canonical } from './links.ts'
import { elementName } from './texts/elements.ts'
import type { Content, ElementDefinition, ElementType, StructureDefinition } from './types.ts'

const DEPTH_MAX = 7
/** They hold of every element of every resource. */
const EVERYWHERE = new Set(['ele-1', 'ext-1'])

const HEADS: readonly Html[] = [
  html`元素 <span class="en" lang="en">Element</span>`,
  html`基数 <span class="en" lang="en">Card.</span>`,
  html`类型 <span class="en" lang="en">Type</span>`,
  html`约束 <span class="en" lang="en">Constraints</span>`,
  html`说明 <span class="en" lang="en">Meaning</span>`,
]

/** What the profile says itself, with the cardinality and the type that come of it. */
export function differentialTable(content: Content, { differential, snapshot }: StructureDefinition): Html {
  const whole = new Map(snapshot.element.map((element) => [element.id, element]))
  return table(
    HEADS,
    differential.element.map((element) => row(content, element, whole.get(element.id) ?? element)),
  )
}

export const snapshotTable = (content: Content, { snapshot }: StructureDefinition): Html =>
  table(
    HEADS,
    snapshot.element.map((element) => row(content, element, element)),
  )

function row(content: Content, said: ElementDefinition, whole: ElementDefinition): Part[] {
  const depth = Math.min(said.id.split('.').length - 1, DEPTH_MAX)
  const name = depth === 0 ? said.id : said.id.slice(said.id.lastIndexOf('.') + 1)
  const cardinality = whole.min === undefined && whole.max === undefined ? '' : `${whole.min ?? ''}..${whole.max ?? ''}`
  return [
    html`<span class="el d${depth}"><code>${name}</code></span>`,
    cardinality,
    types(content, said.type ?? whole.type ?? []),
    constraints(content, said),
    meaning(content, whole, said.short ?? whole.short),
  ]
}

/** Chinese first; an extension is called what its own page calls it. */
function meaning({ byUrl }: Content, { path, sliceName, type = [] }: ElementDefinition, short: string | undefined): Part {
  const extension = sliceName === undefined ? undefined : byUrl.get(type[0]?.profile?.[0] ?? '')
  const chinese = extension?.names.zh ?? elementName(path, sliceName)
  const said = extension?.names.en ?? short
  return chinese === undefined ? english(said) : both(chinese, said ?? '')
}

function types(content: Content, all: readonly ElementType[]): Part[] {
  return all.map(({ code, profile = [], targetProfile = [] }, at) => {
    const name = code.startsWith('http://hl7.org/fhirpath/System.') ? code.slice(code.lastIndexOf('.') + 1) : code
    const targets = [...profile, ...targetProfile]
    const named = targets.map((url, index) => html`${index > 0 && ' | '}${canonical(content, url)}`)
    return html`${at > 0 && ' | '}${name}${targets.length > 0 && html`(${named})`}`
  })
}

function constraints(content: Content, { binding, constraint = [], slicing, ...element }: ElementDefinition): Part {
  const lines: Html[] = fixedValues(element).map(([name, value]) => html`${name} <code>${value}</code>`)
  if (binding?.valueSet) lines.push(html`${canonical(content, binding.valueSet)} (${binding.strength})`)
  if (slicing) lines.push(html`切片 <span class="en" lang="en">slices</span> ${slicedBy(slicing)}`)
  const keys = constraint.filter(({ key }) => !EVERYWHERE.has(key)).map(({ key }) => key)
  if (keys.length > 0) lines.push(html`<code>${keys.join(', ')}</code>`)
  return lines.map((line, at) => html`${at > 0 && html`<br/>`}${line}`)
}

/** `fixedUri`, `patternCoding` and the like: a choice of R4, so that its name begins with either word. */
export function fixedValues(element: Readonly<Record<string, unknown>>): [name: string, value: string][] {
  return Object.entries(element)
    .filter(([name]) => /^(?:fixed|pattern)[A-Z]/.test(name))
    .map(([name, value]) => [/^fixed/.test(name) ? 'fixed' : 'pattern', typeof value === 'string' ? value : JSON.stringify(value)])
}

export function slicedBy({ discriminator = [], rules, ordered }: NonNullable<ElementDefinition['slicing']>): Html {
  const by = discriminator.map(({ type, path }) => `${type}:${path}`).join(', ')
  return html`<code>${by}</code> ${rules}${ordered && ', ordered'}`
}

/** Constraints of ours, each with the element that it stands at; the base's own are in the snapshot. */
export function ownConstraints({
  snapshot,
}: StructureDefinition): { at: string; constraint: NonNullable<ElementDefinition['constraint']>[number] }[] {
  return snapshot.element.flatMap(({ id, constraint = [] }) =>
    constraint.filter(({ source }) => source?.startsWith(BASE)).map((one) => ({ at: id, constraint: one })),
  )
}
