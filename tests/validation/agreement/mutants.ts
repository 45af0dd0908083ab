/**
 * Official examples with one thing broken, the same each time: which place and how follows from the file's name. They reach what the
 * examples themselves never do wrong.
 */
import { loadBase } from '../../../server/validation/base.ts'
import type { ElementInfo, KeyInfo, TypeNode } from '../../../server/validation/type-tree.ts'

type Json = Record<string, unknown>

/** One member of one object of a resource. */
interface Place {
  holder: Json
  key: string
  info: KeyInfo
  /** of a list: which item */
  index?: number
}

interface ObjectPlace {
  value: Json
  node: TypeNode
}

const { tree } = loadBase()

/** Numbers that follow from a text (FNV-1a, then xorshift). */
function numbersOf(text: string): (bound: number) => number {
  let state = 0x811c9dc5
  for (const c of text) state = Math.imul(state ^ c.charCodeAt(0), 0x01000193) >>> 0
  return (bound) => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state % bound
  }
}

/** All objects of a resource and their members; resources inside it stay as they are. */
function placesOf(resource: Json): { objects: ObjectPlace[]; members: Place[] } {
  const objects: ObjectPlace[] = []
  const members: Place[] = []
  const visit = (value: Json, node: TypeNode | undefined): void => {
    if (!node) return
    objects.push({ value, node })
    for (const [key, inner] of Object.entries(value)) {
      const info = node.keys.get(key)
      if (!info || info.sibling || info.type === 'Resource' || info.type === 'Narrative') continue
      const items = Array.isArray(inner) ? inner : [inner]
      items.forEach((item, index) => {
        members.push({ holder: value, key, info, ...(Array.isArray(inner) ? { index } : {}) })
        if (item !== null && typeof item === 'object') visit(item as Json, info.content())
      })
    }
  }
  visit(resource, tree.node(resource.resourceType as string))
  return { objects, members }
}

const valueAt = ({ holder, key, index }: Place): unknown => (index === undefined ? holder[key] : (holder[key] as unknown[])[index])

function put({ holder, key, index }: Place, value: unknown): void {
  if (index === undefined) holder[key] = value
  else (holder[key] as unknown[])[index] = value
}

/** A value that is no value of the primitive type. */
const BROKEN: Record<string, unknown> = {
  boolean: 'true',
  integer: 1.5,
  unsignedInt: -1,
  positiveInt: 0,
  decimal: '1.0',
  date: '2020-13-45',
  dateTime: '2020-02-01T10:00',
  instant: '2020-02-01',
  time: '25:00:00',
  code: 'two  spaces',
  id: 'under_score',
  uri: 'with space',
  url: 'with space',
  canonical: 'with space',
  string: 12,
  markdown: true,
  base64Binary: 'a',
}

type Pick = <T>(list: readonly T[]) => T | undefined
type Mutation = (resource: Json, pick: Pick) => boolean

/** Does something to one of the places, when there is one. */
const at =
  <T>(places: (resource: Json) => T[], change: (place: T, pick: Pick) => void): Mutation =>
  (resource, pick) => {
    const place = pick(places(resource))
    if (place === undefined) return false
    change(place, pick)
    return true
  }

const members =
  (wanted: (place: Place) => boolean) =>
  (resource: Json): Place[] =>
    placesOf(resource).members.filter(wanted)

const isOf =
  (...types: string[]) =>
  ({ info }: Place): boolean =>
    types.includes(info.type)

const hasRequired = ({ value, node }: ObjectPlace): boolean => requiredOf(value, node).length > 0
const requiredOf = (value: Json, node: TypeNode): ElementInfo[] =>
  node.required.filter(({ keys }) => keys.some((key) => value[key] !== undefined))

const isOpenChoice = ({ holder, info }: Place): boolean =>
  info.element.keys.length > 2 && info.element.keys.filter((key) => holder[key] !== undefined).length === 1

const codingsOf = members((place) => place.info.type === 'Coding' && /hl7\.org/.test(String((valueAt(place) as Json | null)?.system ?? '')))

export const MUTATIONS: Record<string, Mutation> = {
  'unknown element': at(
    (resource) => placesOf(resource).objects,
    ({ value }) => {
      value.surplus = 'x'
    },
  ),
  'mandatory element left out': at(
    (resource) => placesOf(resource).objects.filter(hasRequired),
    ({ value, node }, pick) => {
      for (const key of pick(requiredOf(value, node))?.keys ?? []) delete value[key]
    },
  ),
  'primitive of another form': at(
    members(({ info }) => info.type in BROKEN),
    (place) => put(place, BROKEN[place.info.type]),
  ),
  'object where a primitive stands': at(
    members(({ info }) => info.primitive),
    (place) => put(place, { value: 'x' }),
  ),
  'primitive where an object stands': at(
    members(({ info }) => !info.primitive && info.type !== 'Resource'),
    (place) => put(place, 'x'),
  ),
  'list where one stands': at(
    members(({ index, info }) => index === undefined && info.element.path !== 'Resource.id'),
    ({ holder, key }) => {
      holder[key] = [holder[key], holder[key]]
    },
  ),
  'empty list': at(
    members(({ index }) => index !== undefined),
    ({ holder, key }) => {
      holder[key] = []
    },
  ),
  'empty object': at(
    members(({ info }) => !info.primitive && info.type !== 'Resource'),
    (place) => put(place, {}),
  ),
  'two of one choice': at(members(isOpenChoice), ({ holder, info }) => {
    const other = info.element.keys.find((key) => holder[key] === undefined && /(?:String|Boolean|DateTime|Period)$/.test(key))
    if (other) holder[other] = other.endsWith('Boolean') ? true : other.endsWith('Period') ? { start: '2020' } : '2020'
  }),
  'code outside its value set': at(
    members(({ info }) => info.type === 'code' && info.element.binding !== undefined),
    (place) => put(place, 'no-such-code'),
  ),
  'code that its system lacks': at(codingsOf, (place) => Object.assign(valueAt(place) as Json, { code: 'no-such-code' })),
  'reference to another type': at(members(isOf('Reference')), (place) => put(place, { reference: 'SearchParameter/x' })),
  'reference to nothing inside': at(members(isOf('Reference')), (place) => put(place, { reference: '#nowhere' })),
  'relative canonical': at(members(isOf('canonical')), (place) => put(place, 'relative/one')),
  'extension with nothing': at(
    (resource) => placesOf(resource).objects,
    ({ value }) => {
      value.extension = [{ url: 'http://example.org/unknown' }]
    },
  ),
  'extension out of its place': at(
    (resource) => placesOf(resource).objects.filter(({ node }) => !['Address', 'Extension'].includes(node.path)),
    ({ value }) => {
      value.extension = [{ url: 'http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-streetName', valueString: 'x' }]
    },
  ),
  'extension with another type': at(
    (resource) => placesOf(resource).objects,
    ({ value }) => {
      value.extension = [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueString: 'x' }]
    },
  ),
  'extension of HL7 that is none': at(
    (resource) => placesOf(resource).objects,
    ({ value }) => {
      value.extension = [{ url: 'http://hl7.org/fhir/StructureDefinition/no-such-extension', valueString: 'x' }]
    },
  ),
  'unknown modifier': at(
    (resource) => placesOf(resource).objects.filter(({ node }) => node.keys.has('modifierExtension')),
    ({ value }) => {
      value.modifierExtension = [{ url: 'http://example.org/unknown', valueBoolean: true }]
    },
  ),
  'unit that is none': at(
    members((place) => place.info.type === 'Quantity' && (valueAt(place) as Json).system === 'http://unitsofmeasure.org'),
    (place) => Object.assign(valueAt(place) as Json, { code: 'no-unit' }),
  ),
  'script in the narrative': (resource) => narrative(resource, '<p>x</p><script>x</script>'),
  'event in the narrative': (resource) => narrative(resource, '<p onclick="x">x</p>'),
  'narrative without content': (resource) => narrative(resource, '  '),
  'contained that nobody names': (resource) => {
    if (!tree.node(resource.resourceType as string)?.keys.has('contained')) return false
    resource.contained = [...((resource.contained as Json[]) ?? []), { resourceType: 'Basic', id: 'alone', code: { text: 'x' } }]
    return true
  },
  'period that ends before it begins': at(members(isOf('Period')), (place) => put(place, { start: '2020-02-01', end: '2019-02-01' })),
}

function narrative(resource: Json, content: string): boolean {
  if (!resource.text) return false
  resource.text = { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${content}</div>` }
  return true
}

export interface Mutant {
  name: string
  resource: Json
}

/** So many mutants of an example as there are, at most `count`. */
export function mutantsOf(file: string, resource: object, count: number): Mutant[] {
  const names = Object.keys(MUTATIONS)
  const next = numbersOf(file)
  const made: Mutant[] = []
  const start = next(names.length)
  for (let step = 0; step < names.length && made.length < count; step++) {
    const name = names[(start + step * 7) % names.length] ?? ''
    const copy = structuredClone(resource) as Json
    const pick: Pick = (list) => list[next(Math.max(1, list.length))]
    if (MUTATIONS[name]?.(copy, pick)) made.push({ name: `${file} + ${name}`, resource: copy })
  }
  return made
}
