/** The concepts of a CodeSystem resource with what stands under what: by nesting, by properties, or by the beginnings of codes. */
import type { Concept, Property } from './code-system.ts'
import type { CodeSystemResource, ConceptElement, Designation } from './resources.ts'

export interface Node {
  concept: Concept
  parents: string[]
  children: string[]
}

/** Each code stands under all that it begins with, from `root` characters on, and under ranges (ICD). */
export interface PrefixRule {
  root: number
}

const KNOWN_PROPERTY = /#(parent|child|inactive|status|notSelectable)$/
const PARENT: ReadonlySet<string> = new Set(['parent', 'subsumedBy'])
/** Values of the property `status` (R4 codesystem.html#concept-properties) whose concepts are not for use any more. */
const INACTIVE: ReadonlySet<string> = new Set(['retired', 'inactive'])

/** In the order of the resource, parents before their children. */
export function conceptTree(
  resource: CodeSystemResource,
  supplements: readonly CodeSystemResource[],
  prefix?: PrefixRule,
): Map<string, Node> {
  const roles = rolesOf(resource)
  const nodes = new Map<string, Node>()
  const links: [parent: string, child: string][] = []
  const walk = (elements: readonly ConceptElement[], over?: string) => {
    for (const element of elements) {
      const concept = conceptOf(element, roles)
      if (!nodes.has(concept.code)) nodes.set(concept.code, { concept, parents: [], children: [] })
      if (over !== undefined) links.push([over, concept.code])
      for (const { code, value } of concept.properties) {
        const role = roles.get(code) ?? code
        if (PARENT.has(role)) links.push([String(value), concept.code])
        else if (role === 'child') links.push([concept.code, String(value)])
      }
      walk(element.concept ?? [], concept.code)
    }
  }
  walk(resource.concept ?? [])
  for (const [code, added] of additionsOf(supplements)) {
    const node = nodes.get(code)
    if (node) node.concept = supplementedWith(node.concept, added)
  }
  for (const [parent, child] of prefix ? prefixLinks(nodes, prefix) : links) link(nodes, parent, child)
  return nodes
}

function link(nodes: ReadonlyMap<string, Node>, parent: string, child: string): void {
  const [over, under] = [nodes.get(parent), nodes.get(child)]
  if (!over || !under || parent === child || under.parents.includes(parent)) return
  over.children.push(child)
  under.parents.push(parent)
}

/** Names that a system gives to the properties that FHIR defines. */
const rolesOf = (resource: CodeSystemResource): ReadonlyMap<string, string> =>
  new Map((resource.property ?? []).map(({ code, uri }) => [code, KNOWN_PROPERTY.exec(uri ?? '')?.[1] ?? code]))

function conceptOf(element: ConceptElement, roles: ReadonlyMap<string, string>): Concept {
  const properties = propertiesOf(element)
  const has = (role: string, test: (value: unknown) => boolean) =>
    properties.some(({ code, value }) => (roles.get(code) ?? code) === role && test(value))
  return {
    code: element.code,
    ...(element.display === undefined ? {} : { display: element.display }),
    ...(element.definition === undefined ? {} : { definition: element.definition }),
    designations: element.designation ?? [],
    properties,
    abstract: has('notSelectable', (value) => value === true),
    inactive: has('inactive', (value) => value === true) || has('status', (value) => INACTIVE.has(String(value))),
  }
}

function propertiesOf({ property = [] }: ConceptElement): Property[] {
  return property.flatMap(({ code, ...rest }) => {
    const element = Object.keys(rest).find((key) => key.startsWith('value'))
    return element === undefined ? [] : [{ code, element, value: rest[element] }]
  })
}

export interface Added {
  designations: readonly Designation[]
  properties: readonly Property[]
}

/**
 * By code: a supplement adds designations and properties to concepts, and no concepts (R4 codesystem.html#supplements). A display of a
 * supplement that says its language is one more designation.
 */
export function additionsOf(supplements: readonly CodeSystemResource[]): Map<string, Added> {
  const found = new Map<string, Added>()
  const walk = (elements: readonly ConceptElement[], language: string | undefined) => {
    for (const element of elements) {
      const said = language === undefined || element.display === undefined ? [] : [{ language, value: element.display }]
      const before = found.get(element.code)
      found.set(element.code, {
        designations: [...(before?.designations ?? []), ...said, ...(element.designation ?? [])],
        properties: [...(before?.properties ?? []), ...propertiesOf(element)],
      })
      walk(element.concept ?? [], language)
    }
  }
  for (const { concept = [], language } of supplements) walk(concept, language)
  return found
}

export const supplementedWith = (concept: Concept, added: Added | undefined): Concept =>
  added
    ? {
        ...concept,
        designations: [...concept.designations, ...added.designations],
        properties: [...concept.properties, ...added.properties],
      }
    : concept

/** Two categories with a hyphen, as ICD writes chapters and blocks. */
export const isRange = (code: string, { root }: PrefixRule): boolean => code.length === 2 * root + 1 && code.charAt(root) === '-'

/** Whether the beginning says that `code` stands under `over`; it holds for codes that are not listed too. */
export function isUnderByPrefix(code: string, over: string, prefix: PrefixRule): boolean {
  const { root } = prefix
  if (code === over || code.length < root || over.length < root) return false
  if (!isRange(over, prefix)) return !isRange(code, prefix) && code.startsWith(over)
  const [first, last] = isRange(code, prefix) ? [code.slice(0, root), code.slice(root + 1)] : [code.slice(0, root), code.slice(0, root)]
  return over.slice(0, root) <= first && last <= over.slice(root + 1)
}

function prefixLinks(nodes: ReadonlyMap<string, Node>, prefix: PrefixRule): [string, string][] {
  const ranges = [...nodes.keys()].filter((code) => isRange(code, prefix)).sort((a, b) => widthOf(a, prefix) - widthOf(b, prefix))
  return [...nodes.keys()].flatMap((code): [string, string][] => {
    const nearest = isRange(code, prefix) ? undefined : beginningOf(nodes, code, prefix)
    const parent = nearest ?? ranges.find((range) => isUnderByPrefix(code, range, prefix))
    return parent === undefined ? [] : [[parent, code]]
  })
}

/** The longest listed one. */
function beginningOf(nodes: ReadonlyMap<string, Node>, code: string, { root }: PrefixRule): string | undefined {
  for (let length = code.length - 1; length >= root; length--) {
    const beginning = code.slice(0, length)
    if (nodes.has(beginning)) return beginning
  }
  return undefined
}

/** How many categories a range has, to find the smallest. */
function widthOf(range: string, { root }: PrefixRule): number {
  const number = (text: string) => [...text].reduce((sum, letter) => sum * 36 + Number.parseInt(letter, 36), 0)
  return number(range.slice(root + 1)) - number(range.slice(0, root))
}
