/**
 * The form of a GraphQL answer by FHIR's directives (R4 graphql.html#directives): `@flatten` leaves a level out, `@first` takes the first,
 * `@singleton` makes no list, `@slice` gives each value a name of its own.
 */
import { type DocumentNode, type FieldNode, Kind, type SelectionSetNode } from 'graphql'
import { elementText } from './values.ts'
import { fragmentsOf, isFormed, SLICE_ALIAS, sliceOf, slicePath } from './document.ts'

type Data = Record<string, unknown>
type Fragments = ReadonlyMap<string, SelectionSetNode>

/** A field of the answer, to which several values may come. */
interface Slot {
  values: unknown[]
  form: 'list' | 'single' | 'plain'
}

interface Place {
  fragments: Fragments
  /** values of a level that was left out come as lists */
  inherited: boolean
  /** behind the names of fields */
  suffix: string
}

export function shaped(document: DocumentNode, selectionSet: SelectionSetNode, data: Data): Data {
  const target = new Map<string, Slot>()
  addObject([selectionSet], data, target, { fragments: fragmentsOf(document), inherited: false, suffix: '' })
  return finished(target)
}

function finished(target: Map<string, Slot>): Data {
  const entries = [...target].map(([name, { values, form }]): [string, unknown] => {
    const isList = form === 'list' || (form === 'plain' && values.length > 1)
    return [name, isList ? values : (values[0] ?? null)]
  })
  return Object.fromEntries(entries)
}

function addObject(sets: readonly SelectionSetNode[], data: Data, target: Map<string, Slot>, place: Place): void {
  for (const [key, nodes] of fieldsOf(sets, place.fragments))
    if (key in data && key !== SLICE_ALIAS) addField(key, nodes, data[key], target, place)
}

/** By the name in the answer; of a fragment that does not apply nothing stands in the data. */
function fieldsOf(sets: readonly SelectionSetNode[], fragments: Fragments): Map<string, FieldNode[]> {
  const found = new Map<string, FieldNode[]>()
  const walk = (set: SelectionSetNode | undefined): void => {
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.INLINE_FRAGMENT) walk(selection.selectionSet)
      else if (selection.kind === Kind.FRAGMENT_SPREAD) walk(fragments.get(selection.name.value))
      else {
        const key = selection.alias?.value ?? selection.name.value
        found.set(key, [...(found.get(key) ?? []), selection])
      }
    }
  }
  for (const set of sets) walk(set)
  return found
}

function addField(key: string, nodes: readonly FieldNode[], value: unknown, target: Map<string, Slot>, place: Place): void {
  const has = (name: string) => nodes.some(({ directives }) => directives?.some((one) => one.name.value === name))
  const [isFlat, isFirst] = [has('flatten'), has('first')]
  const isList = Array.isArray(value) && !isFirst
  const values = Array.isArray(value) ? (isFirst ? value.slice(0, 1) : value) : [value]
  const form = has('singleton') ? 'single' : isList || place.inherited ? 'list' : 'plain'
  const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
  // Without a directive below it, it stands as it is: of the whole schema a copy takes a second.
  const isPlain = !sets.some((set) => hasForms(set, place.fragments))
  const sliced = nodes.find((node) => sliceOf(node) !== undefined)
  if (!isFlat && !sliced) slotOf(target, key + place.suffix, form)
  values.forEach((one, index) => {
    const suffix = sliced ? `${place.suffix}.${sliceName(sliced, one, index)}` : place.suffix
    if (isFlat) {
      if (isObject(one)) addObject(sets, one, target, { ...place, inherited: isList, suffix })
      return
    }
    if (one == null && place.inherited) return
    const inner = { ...place, inherited: false, suffix: sliced ? '' : place.suffix }
    slotOf(target, key + suffix, sliced ? 'plain' : form).values.push(
      isObject(one) && sets.length > 0 && !isPlain ? innerObject(sets, one, inner) : one,
    )
  })
}

const known = new WeakMap<SelectionSetNode, boolean>()

/** Whether one of FHIR's directives stands somewhere in it. Fragments are no cycle here. */
function hasForms(set: SelectionSetNode, fragments: Fragments): boolean {
  const before = known.get(set)
  if (before !== undefined) return before
  const found = set.selections.some((selection) => {
    if (selection.kind === Kind.FIELD && (isFormed(selection) || selection.alias?.value === SLICE_ALIAS)) return true
    const inner = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection.selectionSet
    return inner !== undefined && hasForms(inner, fragments)
  })
  known.set(set, found)
  return found
}

function innerObject(sets: readonly SelectionSetNode[], data: Data, place: Place): Data {
  const target = new Map<string, Slot>()
  addObject(sets, data, target, { ...place, suffix: '' })
  return finished(target)
}

function slotOf(target: Map<string, Slot>, name: string, form: Slot['form']): Slot {
  const slot = target.get(name) ?? { values: [], form }
  target.set(name, slot)
  return slot
}

const isObject = (value: unknown): value is Data => value !== null && typeof value === 'object' && !Array.isArray(value)

function sliceName(node: FieldNode, value: unknown, index: number): string {
  const path = slicePath(node)
  if (!path) return String(index)
  let found: unknown = value
  for (let n = 0; n < path.length; n++) {
    found = isObject(found) ? found[SLICE_ALIAS] : undefined
    if (Array.isArray(found)) found = found[0]
  }
  return found == null ? '' : elementText(found)
}
