/** Layer 3: a resource or extension against a compiled profile. */
import { check, type Walk } from './base-walker.ts'
import type { Binding } from './additional-bindings.ts'
import { extensibleCode, membership } from './bindings.ts'
import type { IssueCode } from '../outcome/issues.ts'
import type { ProfileNode, Slicing } from './profile-tree.ts'
import { referencedType } from './references.ts'
import { differing, identical, type Item } from './slice-matcher.ts'

type Json = Record<string, unknown>

interface Place extends Item {
  at: string
  /** `_birthDate` beside a primitive */
  sibling?: unknown
}

/** Walks the content of `value` at FHIRPath `at`; issues carry the canonical `profile`. */
export function walkProfile(root: ProfileNode, value: Json, at: string, walk: Walk, profile: string): void {
  check(root.invariants, value, at, walk, profile)
  for (const child of root.children) walkElement(child, value, at, walk, profile)
}

function walkElement(node: ProfileNode, holder: Json, at: string, walk: Walk, profile: string): void {
  if (isAbsent(node, holder)) {
    if (node.min > 0) reporter(`${at}.${node.name}`, walk, profile)('required', `min ${node.min}`)
    if (node.slicing) walkSlices(node.slicing, NONE, `${at}.${node.name}`, walk, profile)
    return
  }
  const path = `${at}.${node.name}`
  const places = placesOf(node, holder, path)
  const { length } = places
  if (length < node.min) reporter(path, walk, profile)(length === 0 ? 'required' : 'cardinality', `min ${node.min}`)
  if (length > node.max) reporter(path, walk, profile)('cardinality', `max ${node.max}`)
  for (const place of places) checkPlace(node, place, walk, profile)
  if (node.slicing) walkSlices(node.slicing, places, path, walk, profile)
}

/** Most elements of a profile are not there. */
function isAbsent({ forms }: ProfileNode, holder: Json): boolean {
  for (const { key, sibling } of forms) if (holder[key] !== undefined || holder[sibling] !== undefined) return false
  return true
}

const NONE: Place[] = []

function placesOf(node: ProfileNode, holder: Json, path: string): readonly Place[] {
  let places: Place[] | undefined
  for (const { key, sibling: beside, type } of node.forms) {
    const value = holder[key]
    const sibling = holder[beside]
    if (value === undefined && sibling === undefined) continue
    places ??= []
    if (!Array.isArray(value) && !Array.isArray(sibling)) places.push({ value, sibling, type, at: path })
    else {
      const [values, siblings] = [(value ?? []) as unknown[], (sibling ?? []) as unknown[]]
      for (let index = 0; index < Math.max(values.length, siblings.length); index++) {
        places.push({ value: values[index] ?? undefined, sibling: siblings[index] ?? undefined, type, at: `${path}[${index}]` })
      }
    }
  }
  return places ?? NONE
}

type Report = (code: IssueCode, rule: string, severity?: 'error' | 'warning') => void

const reporter =
  (expression: string, walk: Walk, profile: string): Report =>
  (code, rule, severity = 'error') =>
    walk.issues.add({ severity, code, expression, rule, profile, kind: 'profile' })

function checkPlace(node: ProfileNode, place: Place, walk: Walk, profile: string): void {
  const report = reporter(place.at, walk, profile)
  if (node.types && !node.types.includes(place.type)) {
    report('type', node.types.join(' | '))
    return
  }
  if (node.fixed !== undefined && !identical(place.value, node.fixed)) report('fixed', 'fixed value')
  if (node.pattern !== undefined)
    for (const below of differing(place.value, node.pattern)) reporter(`${place.at}${below}`, walk, profile)('fixed', 'pattern')
  if (node.targets) checkTarget(node.targets, place.value, walk, report)
  for (const binding of node.bindings) if (checkBinding(binding, place, report)) walk.issues.settle(place.at)
  if (place.value !== undefined) check(node.invariants, place.value, place.at, walk, profile)
  const content = isObject(place.value) ? place.value : isObject(place.sibling) ? place.sibling : undefined
  if (content) for (const child of node.children) walkElement(child, content, place.at, walk, profile)
}

const isObject = (value: unknown): value is Json => value !== null && typeof value === 'object' && !Array.isArray(value)

function checkTarget(targets: readonly string[], value: unknown, walk: Walk, report: Report): void {
  if (!isObject(value)) return
  const type = referencedType(value, walk.env.rootResource)
  if (type !== undefined && !targets.includes(type)) report('type', `Reference(${targets.join(' | ')})`)
}

/**
 * A required binding is an error, but a warning when only a part of the system is known, or when the set cannot be evaluated; of a
 * set or system that nobody here knows nothing is said. Answers whether a code is of the set.
 */
function checkBinding({ set, strength }: Binding, { value, type }: Place, report: Report): boolean {
  if (value === undefined) return false
  const found = membership(set, type, value)
  if (found === 'in') return true
  if (found === 'open') return false
  if (found === 'unchecked') {
    report('binding-unchecked', set.url, 'warning')
    return false
  }
  if (found === 'absent' && (set.undefined || strength === 'extensible' || hasExtension(value))) return false
  const isRequired = strength === 'required'
  const isSure = found === 'out' || (found === 'absent' && set.complete)
  report(isRequired ? 'binding' : extensibleCode(set, value), set.url, isRequired && isSure ? 'error' : 'warning')
  return false
}

const hasExtension = (value: unknown): boolean => isObject(value) && value.extension !== undefined

function walkSlices(slicing: Slicing, places: readonly Place[], at: string, walk: Walk, profile: string): void {
  if (places.length === 0) {
    for (const { name, min } of slicing.slices) if (min > 0) reporter(at, walk, profile)('slice', `${name} min ${min}`)
    return
  }
  const counts = new Map<string, Place[]>()
  const resolve = (reference: unknown): unknown => walk.env.host?.resolve(reference, walk.env)
  let last = -1
  let unmatched = false
  for (const place of places) {
    const item = { value: place.value, type: place.type, resolve }
    const index = slicing.slices.findIndex((slice) => slice.matches(item))
    const slice = slicing.slices[index]
    if (!slice) {
      unmatched = true
      if (slicing.rules === 'closed') reporter(place.at, walk, profile)('slice', 'closed')
      continue
    }
    if (slicing.rules === 'openAtEnd' && unmatched) reporter(place.at, walk, profile)('slice', 'openAtEnd')
    if (slicing.ordered && index < last) reporter(place.at, walk, profile)('slice', 'ordered')
    last = Math.max(last, index)
    const own = counts.get(slice.name)
    if (own) own.push(place)
    else counts.set(slice.name, [place])
    checkPlace(slice.node, place, walk, profile)
  }
  for (const { name, min, max, node } of slicing.slices) {
    const own = counts.get(name) ?? []
    const count = own.length
    if (count < min) reporter(at, walk, profile)('slice', `${name} min ${min}`)
    if (count > max) reporter(at, walk, profile)('slice', `${name} max ${max}`)
    if (node.slicing && own.length > 0) walkSlices(node.slicing, own, at, walk, profile)
  }
}
