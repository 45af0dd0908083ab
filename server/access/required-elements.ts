/**
 * What R4 demands of each type, for forms that leave elements out: where nothing of a demanded element stays, the form says that
 * it is masked (R4 extension data-absent-reason), whether or not anything stood there.
 */
import { readFileSync } from 'node:fs'

interface Element {
  types?: string[]
  min?: number
  max?: string
  /** name[x] */
  choice?: true
  /** path of the element that has the content */
  content?: string
  elements?: Elements
}

type Elements = Record<string, Element>

interface Structures {
  types: Record<string, { kind: string; elements?: Elements }>
}

export interface Demanded {
  /** any of these members is enough; more than one where the element is a choice */
  names: readonly string[]
  /** JSON text of the member that says that it is masked */
  masked: string
}

/** Members of one object. */
export interface Demands {
  required: readonly Demanded[]
  /** of the object that stands in a member; undefined: nothing is demanded there */
  of(member: string): Demands | undefined
}

const MARK = '{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"masked"}]}'
const FILE = new URL('../../profiles/generated/r4/structures.json', import.meta.url)

const { types } = JSON.parse(readFileSync(FILE, 'utf8')) as Structures
const known = new Map<Elements, Demands>()

/** Of a resource type. */
export const demandsOf = (type: string): Demands | undefined => demandsIn(types[type]?.elements)

function demandsIn(elements: Elements | undefined): Demands | undefined {
  if (!elements) return undefined
  const made = known.get(elements)
  if (made) return made
  const members = new Map(Object.entries(elements).flatMap(([name, element]) => membersOf(name, element)))
  const demands: Demands = {
    required: Object.entries(elements).flatMap(([name, element]) => (element.min ? [demanded(name, element)] : [])),
    of: (member) => demandsIn(members.get(member)),
  }
  known.set(elements, demands)
  return demands
}

/** Members of an element with what stands inside each; a choice has one for each type. */
function membersOf(name: string, element: Element): [string, Elements | undefined][] {
  const { types: own = [], choice } = element
  if (!choice) return [[name, insideOf(element)]]
  return own.map((type) => [`${name}${upper(type)}`, types[type]?.elements])
}

function insideOf({ types: [type = ''] = [], content, elements }: Element): Elements | undefined {
  if (elements) return elements
  return content === undefined ? types[type]?.elements : elementAt(content)?.elements
}

function elementAt(path: string): Element | undefined {
  const [type = '', ...names] = path.replace(/^#/, '').split('.')
  let elements = types[type]?.elements
  let found: Element | undefined
  for (const name of names) {
    found = elements?.[name]
    elements = found?.elements
  }
  return found
}

function demanded(name: string, element: Element): Demanded {
  const { types: own = [], choice, max } = element
  const [type = ''] = own
  const member = choice ? `${name}${upper(type)}` : name
  const isPrimitive = types[type]?.kind === 'primitive-type'
  const text = isPrimitive ? MARK : maskedObject(insideOf(choice ? { types: [type] } : element))
  const value = max === undefined || max === '1' ? text : `[${text}]`
  return {
    names: choice ? own.map((one) => `${name}${upper(one)}`) : [name],
    masked: `${JSON.stringify(isPrimitive ? `_${member}` : member)}:${value}`,
  }
}

/** Inside of it the same holds: what is demanded there says so itself. */
function maskedObject(elements: Elements | undefined): string {
  const required = demandsIn(elements)?.required ?? []
  return required.length === 0 ? MARK : `{${required.map(({ masked }) => masked).join(',')}}`
}

const upper = (type: string): string => `${type[0]?.toUpperCase()}${type.slice(1)}`
