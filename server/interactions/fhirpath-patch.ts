/**
 * FHIRPath Patch (R4 fhirpatch.html) on the text of a resource: operations in Parameters, one after the other, all or none. Two
 * trees are changed in step: one with plain numbers, in which paths are looked up, and one with their digits, which is printed.
 */
import { compactJson } from '../fhir/resource-text.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { IssueCode } from '../outcome/issues.ts'
import { loadBase } from '../validation/base.ts'
import { createLocator, type ElementStep, lastMember, type Locator, NotLocatable } from '../validation/fhirpath/locate.ts'
import type { TypeTree } from '../validation/type-tree.ts'
import { OPERATIONS_MAX } from './json-patch.ts'
import { digitsOf, type Json, type JsonObject, parseMarked, printMarked, unmarked } from './marked-json.ts'
import { checkParametersForm } from './parameters-form.ts'
import { changeList, type Holder, lengthOf, type Place, removeAt, replaceAt, rootOf, trailTo, within } from './patch-places.ts'
import { type Built, build, type Part, partsOf, put } from './patch-values.ts'

type Kind = 'add' | 'insert' | 'delete' | 'replace' | 'move'

export interface FhirPathOperation {
  /** `Parameters.parameter[n]` */
  at: string
  kind: Kind
  path: string
  /** element that is added */
  name: string
  value: Part
  index: number
  source: number
  destination: number
}

/** Parts that each operation has, all of them and no others (R4 fhirpatch.html#concept). */
const PARTS: Record<Kind, readonly string[]> = {
  add: ['path', 'name', 'value'],
  insert: ['path', 'value', 'index'],
  delete: ['path'],
  replace: ['path', 'value'],
  move: ['path', 'source', 'destination'],
}

/** @throws OutcomeError patch-invalid | json-invalid and the like; expression: the parameter or part */
export function parseFhirPathPatch(body: Uint8Array): FhirPathOperation[] {
  const parameters = parseMarked(compactJson(body)) as JsonObject
  if (parameters === null || typeof parameters !== 'object' || parameters.resourceType !== 'Parameters')
    throw new OutcomeError('patch-invalid', { expression: ['resourceType'] })
  requireForm(parameters)
  if (parameters.parameter === undefined) return []
  const list = partsOf(parameters.parameter, 'Parameters.parameter')
  if (list.length > OPERATIONS_MAX) throw new OutcomeError('patch-invalid', { expression: [`Parameters.parameter[${OPERATIONS_MAX}]`] })
  return list.map(operationOf)
}

/** What Parameters do not have, told as of a patch. */
function requireForm(parameters: JsonObject): void {
  try {
    checkParametersForm(parameters)
  } catch (error) {
    throw error instanceof OutcomeError ? invalid(error.issues[0]?.expression?.[0] ?? 'Parameters') : error
  }
}

const invalid = (at: string): OutcomeError => new OutcomeError('patch-invalid', { expression: [at] })

function operationOf({ at, json }: Part): FhirPathOperation {
  if (json.name !== 'operation') throw invalid(`${at}.name`)
  const parts = new Map<string, Part>()
  for (const part of partsOf(json.part, `${at}.part`)) {
    const name = String(part.json.name)
    if (parts.has(name)) throw invalid(part.at)
    parts.set(name, part)
  }
  const kind = textOf(parts.get('type'), at, ['valueCode', 'valueString']) as Kind
  const wanted = Object.hasOwn(PARTS, kind) ? PARTS[kind] : undefined
  if (!wanted) throw invalid(parts.get('type')?.at ?? at)
  // What the value was is said by $diff, and changes nothing.
  if (kind === 'replace') parts.delete('previousValue')
  for (const [name, part] of parts) if (name !== 'type' && !wanted.includes(name)) throw invalid(part.at)
  for (const name of wanted) if (!parts.has(name)) throw invalid(at)
  const number = (name: string): number => (wanted.includes(name) ? indexOf(parts.get(name), at) : 0)
  return {
    at,
    kind,
    path: textOf(parts.get('path'), at, ['valueString']),
    name: wanted.includes('name') ? textOf(parts.get('name'), at, ['valueString']) : '',
    value: parts.get('value') ?? { at, json: {} },
    index: number('index'),
    source: number('source'),
    destination: number('destination'),
  }
}

function textOf(part: Part | undefined, at: string, keys: readonly string[]): string {
  const [value] = keys.flatMap((key) => part?.json[key] ?? [])
  if (typeof value !== 'string' || digitsOf(value) !== undefined) throw invalid(part?.at ?? at)
  return value
}

function indexOf(part: Part | undefined, at: string): number {
  const digits = digitsOf(part?.json.valueInteger)
  if (digits === undefined || !/^(?:0|[1-9]\d{0,8})$/.test(digits)) throw invalid(part?.at ?? at)
  return Number(digits)
}

/** What the operations of one patch share. */
interface Work {
  tree: TypeTree
  locator: Locator
  /** in which paths are looked up */
  plain: Json
  /** what is printed */
  exact: Json
}

/**
 * @param text of the resource
 * @throws OutcomeError patch-path, patch-several, patch-list, patch-index, patch-type, patch-exists, patch-expression,
 * patch-costly, unknown-element; expression: the operation
 */
export function applyFhirPathPatch(text: string, operations: readonly FhirPathOperation[]): string {
  const work: Work = { tree: loadBase().tree, locator: createLocator(), plain: JSON.parse(text) as Json, exact: parseMarked(text) }
  for (const operation of operations) APPLY[operation.kind](work, operation)
  return printMarked(work.exact)
}

const fail = (operation: FhirPathOperation, code: IssueCode): OutcomeError => new OutcomeError(code, { expression: [operation.at] })

function located({ locator, plain }: Work, operation: FhirPathOperation): ElementStep[][] {
  try {
    return locator.locate(plain as object, operation.path)
  } catch (error) {
    if (!(error instanceof NotLocatable)) throw error
    throw fail(operation, error.reason === 'costly' ? 'patch-costly' : 'patch-expression')
  }
}

/** Except by `delete`, an element must be found, and only one (R4 fhirpatch.html#concept). */
function one(work: Work, operation: FhirPathOperation): ElementStep[] {
  const [only, ...others] = located(work, operation)
  if (!only) throw fail(operation, 'patch-path')
  if (others.length > 0) throw fail(operation, 'patch-several')
  return only
}

/** The same change on both trees; `plainly` is what is new, without the marks of its numbers. */
function onBoth(work: Work, operation: FhirPathOperation, change: (root: Holder, plainly: (content: Json) => Json) => void): void {
  for (const side of ['exact', 'plain'] as const) {
    const root = rootOf(work.tree, work[side])
    if (!root) throw fail(operation, 'patch-path')
    change(root, side === 'exact' ? (content) => content : (content) => unmarked(content) as Json)
  }
}

function contentFor({ content }: Built, plainly: (content: Json) => Json): Built['content'] {
  const { value, sibling } = content
  return { ...(value === undefined ? {} : { value: plainly(value) }), ...(sibling === undefined ? {} : { sibling: plainly(sibling) }) }
}

/** @throws OutcomeError patch-path where the definitions do not lead there, or it is the resource itself */
function placesTo(work: Work, operation: FhirPathOperation, root: Holder, steps: readonly ElementStep[]): [Place[], Place] {
  const trail = trailTo(work.tree, root, steps)
  const last = trail?.at(-1)
  if (!trail || !last) throw fail(operation, 'patch-path')
  return [trail, last]
}

function add(work: Work, operation: FhirPathOperation, mayStand: (holder: Holder, built: Built) => boolean = () => true): void {
  const steps = one(work, operation)
  onBoth(work, operation, (root, plainly) => {
    const holder = steps.length === 0 ? root : within(work.tree, placesTo(work, operation, root, steps)[1], true)
    if (!holder) throw fail(operation, 'patch-path')
    const built = build(work.tree, operation.value, holder.type, operation.name)
    if (!mayStand(holder, built)) throw fail(operation, 'patch-list')
    put(holder.object, holder.type, { ...built, content: contentFor(built, plainly) }, operation.at)
  })
}

function replace(work: Work, operation: FhirPathOperation): void {
  const steps = one(work, operation)
  onBoth(work, operation, (root, plainly) => {
    const [, place] = placesTo(work, operation, root, steps)
    const built = build(work.tree, operation.value, place.type, place.info.element.name)
    replaceAt(place, built.key, contentFor(built, plainly))
  })
}

function remove(work: Work, operation: FhirPathOperation): void {
  const [only, ...others] = located(work, operation)
  if (!only) return
  if (others.length > 0) throw fail(operation, 'patch-several')
  onBoth(work, operation, (root) => removeAt(placesTo(work, operation, root, only)[0]))
}

/** The list whose items a path names: all of them, and of no other list. */
function listIn(work: Work, operation: FhirPathOperation, root: Holder, found: readonly ElementStep[][]): Place {
  const [first] = found
  if (!first) throw fail(operation, 'patch-path')
  const [, place] = placesTo(work, operation, root, first)
  const around = JSON.stringify(first.slice(0, -1))
  const isWhole = found.every(
    (steps, n) => steps.at(-1)?.index === n && steps.at(-1)?.name === first.at(-1)?.name && JSON.stringify(steps.slice(0, -1)) === around,
  )
  if (!isWhole || found.length !== lengthOf(place.holder, place.key)) throw fail(operation, 'patch-list')
  return place
}

/** A list that is not there has no items (R4 json.html): what is inserted at its beginning makes it. */
function insertFirst(work: Work, operation: FhirPathOperation): void {
  const last = lastMember(operation.path)
  if (!last) throw fail(operation, 'patch-path')
  if (operation.index > 0) throw fail(operation, 'patch-index')
  const isEmptyList = (holder: Holder, { key, info }: Built) => info.element.list && lengthOf(holder.object, key) === 0
  add(work, { ...operation, ...last }, isEmptyList)
}

function insert(work: Work, operation: FhirPathOperation): void {
  const found = located(work, operation)
  if (found.length === 0) {
    insertFirst(work, operation)
    return
  }
  if (operation.index > found.length) throw fail(operation, 'patch-index')
  onBoth(work, operation, (root, plainly) => {
    const { holder, key, type, info } = listIn(work, operation, root, found)
    const content = contentFor(build(work.tree, operation.value, type, info.element.name), plainly)
    changeList(holder, key, (items) => items.toSpliced(operation.index, 0, content))
  })
}

/** The destination is a place in the list that is left once the item has been taken out. */
function move(work: Work, operation: FhirPathOperation): void {
  const { source, destination } = operation
  const found = located(work, operation)
  if (found.length > 0 && (source >= found.length || destination >= found.length)) throw fail(operation, 'patch-index')
  onBoth(work, operation, (root) => {
    const { holder, key } = listIn(work, operation, root, found)
    changeList(holder, key, (items) => items.toSpliced(source, 1).toSpliced(destination, 0, ...items.slice(source, source + 1)))
  })
}

const APPLY: Record<Kind, (work: Work, operation: FhirPathOperation) => void> = {
  add: (work, operation) => add(work, operation),
  insert,
  delete: remove,
  replace,
  move,
}
