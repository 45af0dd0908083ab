/** Which slice an item belongs to: the discriminators of http://hl7.org/fhir/R4/profiling.html#discriminator as functions. */
import { type CodeSet, membership } from './bindings.ts'
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
  const wanted = expected(slice, path, elements) ?? expectedBehind(slice, path, elements, definitions)
  if (wanted !== undefined) return (item) => valuesAt(item.value, path, item.resolve).some((value) => contains(value, wanted))
  const bound = elements.get(path === '$this' ? slice.id : `${slice.id}.${path}`)
  const set = bound?.binding?.strength === 'required' && bound.binding.valueSet ? definitions.bound(bound.binding.valueSet) : undefined
  if (!bound || !set) throw new Error(`${slice.id}: discriminator ${path} has no value`)
  return inValueSet(set, bound.type?.[0]?.code ?? 'code', path)
}

const inValueSet =
  (set: CodeSet, type: string, path: string): Matcher =>
  (item) =>
    valuesAt(item.value, path, item.resolve).some((value) => membership(set, type, value) === 'in')

/** The fixed or pattern value at a path below the slice; it may stand at the element itself or above it. */
function expected(slice: SnapshotElement, path: string, elements: Elements): unknown {
  const steps = path === '$this' ? [] : path.split('.')
  for (let length = steps.length; length >= 0; length--) {
    const element = elements.get([slice.id, ...steps.slice(0, length)].join('.'))
    const value = element && (definedValue(element, 'fixed') ?? definedValue(element, 'pattern'))
    if (value === undefined) continue
    const [below] = valuesAt(value, steps.slice(length).join('.') || '$this')
    if (below !== undefined) return below
  }
  // An extension slice is known by the definition that its type names.
  return path === 'url' ? slice.type?.[0]?.profile?.[0] : undefined
}

/** Behind `resolve()` stands what the profiles of the target say. */
function expectedBehind(slice: SnapshotElement, path: string, elements: Elements, definitions: ProfileDefinitions): unknown {
  const at = path.indexOf('resolve()')
  if (at < 0) return undefined
  const holder = elements.get([slice.id, path.slice(0, at).replace(/\.$/, '')].filter((part) => part !== '').join('.'))
  for (const url of (holder?.type ?? []).flatMap((type) => [...(type.targetProfile ?? []), ...(type.profile ?? [])])) {
    const target = definitions.structure(url)
    const root = target?.snapshot.element[0]
    const found =
      target &&
      root &&
      expected(root, path.slice(at + 'resolve().'.length), new Map(target.snapshot.element.map((each) => [each.id, each])))
    if (found !== undefined) return found
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
