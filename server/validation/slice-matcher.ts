/** Which slice an item belongs to: the discriminators of http://hl7.org/fhir/R4/profiling.html#discriminator as functions. */
import { membership } from './bindings.ts'
import { type Discriminator, definedValue, type ProfileDefinitions, type SnapshotElement } from './profile-definitions.ts'

/** One repetition of an element: its JSON and the type that the JSON key gives it. */
export interface Item {
  value: unknown
  type: string
  /** what a reference names, when it is at hand */
  resolve?(reference: unknown): unknown
}

export type Matcher = (item: Item) => boolean

type Elements = Map<string, SnapshotElement>

/** @throws Error for a discriminator that cannot be decided from the snapshot */
export function compileMatcher(
  slice: SnapshotElement,
  discriminators: Discriminator[],
  elements: Elements,
  definitions: ProfileDefinitions,
): Matcher {
  if (discriminators.length === 0) throw new Error(`${slice.id} has no discriminator`)
  const tests = discriminators.map((discriminator) => compileOne(slice, discriminator, elements, definitions))
  return (item) => tests.every((test) => test(item))
}

function compileOne(slice: SnapshotElement, { type, path }: Discriminator, elements: Elements, definitions: ProfileDefinitions): Matcher {
  if (type === 'value' || type === 'pattern') return byValue(slice, path, elements, definitions)
  const above = path.replace(/\.?resolve\(\)$/, '')
  const element = above === '$this' || above === '' ? slice : elements.get(`${slice.id}.${above}`)
  if (!element) throw new Error(`${slice.id}: no element at discriminator ${path}`)
  if (type === 'exists') return byExistence(element, path)
  if (type === 'type') return byType(element, path)
  return byProfile(element, path)
}

function byExistence(element: SnapshotElement, path: string): Matcher {
  const wanted = element.max !== '0'
  return (item) => valuesAt(item.value, path, item.resolve).length > 0 === wanted
}

function byType(element: SnapshotElement, path: string): Matcher {
  const targets = (element.type ?? []).flatMap((type) => type.targetProfile ?? []).map((url) => url.slice(url.lastIndexOf('/') + 1))
  const types = new Set(path.endsWith('resolve()') ? targets : (element.type ?? []).map((type) => type.code))
  if (path === '$this') return (item) => types.has(item.type)
  return (item) =>
    valuesAt(item.value, path, item.resolve).some((value) => types.has(String((value as { resourceType?: unknown }).resourceType)))
}

/** A resource that says it follows the profile; it is then validated against it as any other. */
function byProfile(element: SnapshotElement, path: string): Matcher {
  const profiles = new Set((element.type ?? []).flatMap((type) => type.profile ?? type.targetProfile ?? []))
  return (item) => {
    const values = path === '$this' ? [item.value] : valuesAt(item.value, path, item.resolve)
    return values.some((value) => ((value as { meta?: { profile?: string[] } }).meta?.profile ?? []).some((url) => profiles.has(url)))
  }
}

function byValue(slice: SnapshotElement, path: string, elements: Elements, definitions: ProfileDefinitions): Matcher {
  const said = saidOf(slice, path, elements, definitions.bound) ?? saidBehind(slice, path, elements, definitions)
  if (!said) throw new Error(`${slice.id}: discriminator ${path} has no value`)
  return (item) => {
    const values = valuesAt(item.value, path, item.resolve)
    return said.every((test) => values.some(test))
  }
}

type Test = (value: unknown) => boolean

/** What a slice says at a path below it: a fixed or pattern value, else a required binding. */
function saidOf(slice: SnapshotElement, path: string, elements: Elements, bound: ProfileDefinitions['bound']): Test[] | undefined {
  const wanted = expected(slice, path, elements)
  if (wanted.length > 0) return wanted.map((each) => (value) => contains(value, each))
  const element = elements.get(path === '$this' ? slice.id : `${slice.id}.${path}`)
  const { strength, valueSet } = element?.binding ?? {}
  const set = strength === 'required' && valueSet !== undefined ? bound(valueSet) : undefined
  const type = element?.type?.[0]?.code ?? 'code'
  return set ? [(value) => membership(set, type, value) === 'in'] : undefined
}

/** The fixed or pattern values at a path below the slice; they may stand at the element itself, above it, or in slices that must be there. */
function expected(slice: SnapshotElement, path: string, elements: Elements): unknown[] {
  const steps = path === '$this' ? [] : path.split('.')
  for (let length = steps.length; length >= 0; length--) {
    const below = steps.slice(length).join('.') || '$this'
    const found = elementsAt(slice, steps.slice(0, length), elements).flatMap((element) => {
      const value = definedValue(element, 'fixed') ?? definedValue(element, 'pattern')
      return value === undefined ? [] : valuesAt(value, below).slice(0, 1)
    })
    if (found.length > 0) return found
  }
  // An extension slice is known by the definition that its type names.
  return path === 'url' ? (slice.type?.[0]?.profile?.slice(0, 1) ?? []) : []
}

/** The element at the steps; where one of them is sliced, what the slices say that each instance has to have (`code.coding:SBPCode.code`). */
function elementsAt(slice: SnapshotElement, steps: readonly string[], elements: Elements): SnapshotElement[] {
  let ids = [slice.id]
  for (const step of steps) {
    ids = ids.flatMap((id) => {
      const below = `${id}.${step}`
      if (!elements.get(below)?.slicing) return [below]
      const slices = [...elements.values()].filter((each) => each.min > 0 && each.id === `${below}:${each.sliceName}`)
      return [below, ...slices.map((each) => each.id)]
    })
  }
  return ids.flatMap((id) => elements.get(id) ?? [])
}

/** Behind `resolve()` stands what the profiles of the target say. */
function saidBehind(slice: SnapshotElement, path: string, elements: Elements, definitions: ProfileDefinitions): Test[] | undefined {
  const at = path.indexOf('resolve()')
  if (at < 0) return undefined
  const holder = elements.get([slice.id, path.slice(0, at).replace(/\.$/, '')].filter((part) => part !== '').join('.'))
  for (const url of (holder?.type ?? []).flatMap((type) => [...(type.targetProfile ?? []), ...(type.profile ?? [])])) {
    const target = definitions.structure(url)?.snapshot.element
    const root = target?.[0]
    if (!target || !root) continue
    const below = path.slice(at + 'resolve().'.length)
    const said = saidOf(root, below, new Map(target.map((each) => [each.id, each])), definitions.bound)
    if (said) return said
  }
  return undefined
}

/** Steps of a discriminator (R4 profiling.html#discriminator): names, `resolve()`, `extension('url')`, `ofType(Type)`. */
const STEP = /(?:extension\('[^']*'\)|[^.])+/g

/** Of each path of a discriminator, once: there are as many as profiles say. */
const stepsOf = new Map<string, readonly string[]>()

function valuesAt(value: unknown, path: string, resolve?: Item['resolve']): unknown[] {
  if (path === '$this') return [value]
  let steps = stepsOf.get(path)
  if (!steps) {
    steps = path.match(STEP) ?? []
    stepsOf.set(path, steps)
  }
  const [first, second] = steps
  if (first === undefined) return [value]
  let found = below(value, first, resolve)
  if (second !== undefined) for (const step of steps.slice(1)) found = found.flatMap((item) => below(item, step, resolve))
  return found
}

function below(item: unknown, step: string, resolve?: Item['resolve']): unknown[] {
  if (step === '$this') return [item]
  if (step === 'resolve()') return [resolve?.(item)].filter((found) => found !== undefined)
  const url = step.startsWith('extension(') ? /^extension\('(.*)'\)$/.exec(step)?.[1] : undefined
  if (url !== undefined) return below(item, 'extension').filter((each) => (each as { url?: unknown }).url === url)
  if (item === null || typeof item !== 'object') return []
  const value = (item as Record<string, unknown>)[step]
  return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]
}

/** Everything of the pattern is in the value (http://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_). */
export function contains(value: unknown, pattern: unknown): boolean {
  if (pattern === null || typeof pattern !== 'object') return value === pattern
  if (Array.isArray(pattern)) return Array.isArray(value) && pattern.every((wanted) => value.some((item) => contains(item, wanted)))
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false
  for (const key in pattern) if (!contains((value as Record<string, unknown>)[key], (pattern as Record<string, unknown>)[key])) return false
  return true
}

/** Where the value is not as the pattern wants it: the parts of an object that differ, a list and what has another form as a whole. */
export function differing(value: unknown, pattern: unknown): string[] {
  if (contains(value, pattern)) return []
  if (!isPlain(value) || !isPlain(pattern)) return ['']
  const wrong = Object.keys(pattern).filter((key) => !contains(value[key], pattern[key]))
  if (wrong.some((key) => value[key] === undefined || Array.isArray(pattern[key]))) return ['']
  return wrong.flatMap((key) => differing(value[key], pattern[key]).map((below) => `.${key}${below}`))
}

const isPlain = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object' && !Array.isArray(value)

/** Exactly the same. */
export function identical(value: unknown, fixed: unknown): boolean {
  return contains(value, fixed) && contains(fixed, value)
}
