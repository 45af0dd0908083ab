/**
 * JSON Patch (RFC 6902, R4 http.html#patch) on the text of a resource. While it is patched every number is a string that holds
 * its digits, so that 6.50 stays 6.50; members that are not touched keep their places.
 */
import { applyPatch, type Operation, Pointer } from 'rfc6902'
import { compactJson } from '../fhir/resource-text.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { digitsOf, type Json, parseMarked, printMarked } from './marked-json.ts'

export const OPERATIONS_MAX = 1000
/** Characters that all `copy` operations of one patch add: copies of copies double each time. */
const COPIED_MAX = 16_000_000

const NAMES: ReadonlySet<string> = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test'])
const WITH_VALUE: ReadonlySet<string> = new Set(['add', 'replace', 'test'])
const WITH_FROM: ReadonlySet<string> = new Set(['move', 'copy'])

/** @throws OutcomeError patch-invalid | json-invalid and the like; expression: `[n].path` of the operation */
export function parseJsonPatch(body: Uint8Array): Operation[] {
  const text = compactJson(body)
  if (!text.startsWith('[')) throw new OutcomeError('patch-invalid')
  const operations = parseMarked(text) as unknown[]
  if (operations.length > OPERATIONS_MAX) throw new OutcomeError('patch-invalid', { expression: [`[${OPERATIONS_MAX}]`] })
  return operations.map((operation, at) => {
    const member = flawOf(operation)
    if (member !== undefined) throw new OutcomeError('patch-invalid', { expression: [`[${at}]${member}`] })
    return operation as Operation
  })
}

/** Name of the member that is wrong; '' for the operation itself. */
function flawOf(operation: unknown): string | undefined {
  if (operation === null || typeof operation !== 'object' || Array.isArray(operation)) return ''
  const { op, path, from } = operation as Record<string, unknown>
  if (typeof op !== 'string' || !NAMES.has(op)) return '.op'
  if (!isPointer(path)) return '.path'
  if (WITH_FROM.has(op) && !isPointer(from)) return '.from'
  return WITH_VALUE.has(op) && !Object.hasOwn(operation, 'value') ? '.value' : undefined
}

const isPointer = (value: unknown): value is string => typeof value === 'string' && /^(?:\/(?:[^~]|~[01])*)?$/.test(value)

/**
 * @param text of the resource
 * @throws OutcomeError patch-test when a test does not hold, patch-path when there is nothing at a path
 */
export function applyJsonPatch(text: string, operations: readonly Operation[]): string {
  const holder = { root: parseMarked(text) }
  let copied = 0
  for (const [at, operation] of operations.entries()) {
    requirePlaces(holder.root, operation, `[${at}]`)
    if (operation.op === 'copy') copied += JSON.stringify(valueAt(holder.root, operation.from)).length
    if (operation.op === 'move' && operation.from !== operation.path) {
      move(holder, operation, at)
      continue
    }
    if (copied > COPIED_MAX) throw new OutcomeError('patch-invalid', { expression: [`[${at}]`] })
    apply(holder, operation, at)
  }
  return printMarked(holder.root)
}

/** As RFC 6902 4.4 says: taken away first, so that the path is one of what is left. */
function move(holder: { root: Json }, { from, path }: { from: string; path: string }, at: number): void {
  const value = valueAt(holder.root, from) as Json
  apply(holder, { op: 'remove', path: from }, at)
  requirePlace(holder.root, path, true, `[${at}].path`)
  apply(holder, { op: 'add', path, value }, at)
}

/** The root may be replaced as well: it is a member of the holder. */
function apply(holder: { root: Json }, operation: Operation, at: number): void {
  if (operation.op === 'test') {
    if (!isEqual(valueAt(holder.root, operation.path), operation.value as Json))
      throw new OutcomeError('patch-test', { expression: [`[${at}]`] })
    return
  }
  const inHolder = { ...operation, path: `/root${operation.path}`, ...('from' in operation ? { from: `/root${operation.from}` } : {}) }
  const [error] = applyPatch(holder, [inHolder as Operation])
  if (error) throw new OutcomeError('patch-path', { expression: [`[${at}].path`] })
}

/** @throws OutcomeError patch-path */
function requirePlaces(root: Json, operation: Operation, where: string): void {
  const { op, path } = operation
  if ('from' in operation) requirePlace(root, operation.from, false, `${where}.from`)
  // Of a move it is a place in what is left.
  if (op !== 'move' || operation.from === path) requirePlace(root, path, op === 'add' || op === 'copy', `${where}.path`)
  // Nothing goes into itself, and a resource is not taken away by a patch.
  const isInto = op === 'move' && path.startsWith(`${operation.from}/`)
  if (isInto || (op === 'remove' && path === '')) throw new OutcomeError('patch-path', { expression: [`${where}.path`] })
}

const valueAt = (root: Json, path: string): Json | undefined => Pointer.fromJSON(path).get(root)

/**
 * Every step leads to an own member or item that is there; the last one may be new where something is added. So no path
 * reaches what JavaScript's objects have besides (`constructor`, `push`).
 * @throws OutcomeError patch-path
 */
function requirePlace(root: Json, path: string, mayBeNew: boolean, where: string): void {
  const steps = Pointer.fromJSON(path).tokens.slice(1)
  let value: Json | undefined = root
  for (const [at, step] of steps.entries()) {
    const isNew = mayBeNew && at === steps.length - 1
    if (!(isNew ? isPlaceFor(value, step) : isThere(value, step))) throw new OutcomeError('patch-path', { expression: [where] })
    value = (value as { [name: string]: Json })[step]
  }
}

const isIndex = (step: string): boolean => /^(?:0|[1-9]\d*)$/.test(step)

const isThere = (value: Json | undefined, step: string): boolean =>
  value !== null && typeof value === 'object' && (!Array.isArray(value) || isIndex(step)) && Object.hasOwn(value, step)

function isPlaceFor(value: Json | undefined, step: string): boolean {
  if (Array.isArray(value)) return step === '-' || (isIndex(step) && Number(step) <= value.length)
  return value !== null && typeof value === 'object' && isElementName(step)
}

/** Names of FHIR's elements, and those of their extensions; none that JavaScript's objects have besides. */
export const isElementName = (name: string): boolean => /^_?[A-Za-z][A-Za-z0-9]{0,127}$/.test(name) && !(name in Object.prototype)

/** Numbers by their value, as RFC 6902 4.6 says; members in any order. */
function isEqual(a: Json | undefined, b: Json | undefined): boolean {
  const [x, y] = [digitsOf(a), digitsOf(b)]
  if (x !== undefined && y !== undefined) return x === y || normalised(x) === normalised(y)
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, at) => isEqual(item, b[at]))
  if (a === undefined || b === undefined || a === null || b === null) return a === b
  if (typeof a !== 'object' || typeof b !== 'object' || Array.isArray(a) || Array.isArray(b)) return a === b
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && isEqual(a[name], b[name]))
}

/** By all their digits: as doubles, 0.1 and 0.10000000000000001 would be one. Two numbers are the same if they are written alike here. */
function normalised(number: string): string {
  const found = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,9}))?$/.exec(number)
  if (!found) return number
  const [, sign = '', whole = '', fraction = '', power = '0'] = found
  const digits = whole + fraction
  let [from, to] = [0, digits.length]
  while (digits[from] === '0') from++
  if (from === to) return '0'
  while (digits[to - 1] === '0') to--
  return `${sign}${digits.slice(from, to)}e${Number(power) - fraction.length + digits.length - to}`
}
