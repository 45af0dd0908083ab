/**
 * Search expressions as closures over plain JSON: no evaluator runs when a resource is written. Every value comes with its
 * FHIR datatype, known from the element table and, for choices, from the property that is present.
 */
import { parseReference } from '../../fhir/reference.ts'
import type { FhirResource } from '../../fhir/types.ts'
import type { Step, Term } from './parse.ts'

/** Receives one element: value and FHIR datatype (`dateTime`, `CodeableConcept`, …; `Resource` for an inline resource). */
export type Emit = (value: unknown, datatype: string) => void
export type Extract = (resource: FhirResource, emit: Emit) => void

/** Element path → type, list of types (a choice) or `#path` (defined there). */
export type ElementTypes = ReadonlyMap<string, string | readonly string[]>

type Run = (value: unknown, emit: Emit, root: FhirResource) => void

/** The term as a closure; undefined when the element table does not have its path. `root` replaces an abstract root. */
export function compileTerm(term: Term, elements: ElementTypes): Extract | undefined {
  const last = term.steps[term.steps.length - 1]
  const exists = last?.kind === 'existsNotFalse'
  const steps = exists ? term.steps.slice(0, -1) : term.steps
  const run = compileSteps(steps, 0, { place: term.root, datatype: term.root }, elements)
  if (!run) return undefined
  return exists ? existsNotFalse(run) : (resource, emit) => run(resource, emit, resource)
}

function existsNotFalse(run: Run): Extract {
  return (resource, emit) => {
    let value = false
    run(
      resource,
      (v) => {
        value ||= v !== false
      },
      resource,
    )
    emit(value, 'boolean')
  }
}

interface Place {
  /** prefix under which the element table has the children */
  place: string
  datatype: string
}

function compileSteps(steps: readonly Step[], at: number, here: Place, elements: ElementTypes): Run | undefined {
  const step = steps[at]
  if (!step) return (value, emit) => emit(value, here.datatype)
  if (step.kind === 'child') return compileChild(steps, at, step.name, here, elements)
  const next = compileSteps(steps, at + 1, step.kind === 'extension' ? { place: 'Extension', datatype: 'Extension' } : here, elements)
  if (!next) return undefined
  switch (step.kind) {
    case 'equals':
      // A choice has another name in JSON.
      if (typeof elements.get(`${here.place}.${step.name}`) !== 'string') return undefined
      return (value, emit, root) => {
        // What repeats is equal where it has one value, and that one (FHIRPath, 6.1.1).
        const [only, ...others] = list((value as Record<string, unknown>)[step.name])
        if (only === step.value && others.length === 0) next(value, emit, root)
      }
    case 'refersTo':
      return (value, emit, root) => {
        if (referencedType(value, root) === step.type) next(value, emit, root)
      }
    case 'as':
      return passesCast(here.datatype, step.type) ? next : () => {}
    case 'extension':
      return (value, emit, root) => {
        for (const e of list((value as Record<string, unknown>).extension)) {
          if ((e as { url?: unknown }).url === step.url) next(e, emit, root)
        }
      }
    default:
      return undefined
  }
}

/** R4 datatypes that specialise another one which expressions cast to: `as uri` takes a canonical too. */
const SPECIALISES: ReadonlyMap<string, string> = new Map([
  ['canonical', 'uri'],
  ['url', 'uri'],
  ['oid', 'uri'],
  ['uuid', 'uri'],
  ['code', 'string'],
  ['id', 'string'],
  ['markdown', 'string'],
  ['Age', 'Quantity'],
  ['Count', 'Quantity'],
  ['Distance', 'Quantity'],
  ['Duration', 'Quantity'],
])

/** Whether `as wanted` passes a value of this type. */
export function passesCast(type: string, wanted: string): boolean {
  return type === wanted || SPECIALISES.get(type) === wanted
}

function compileChild(steps: readonly Step[], at: number, name: string, here: Place, elements: ElementTypes): Run | undefined {
  const path = `${here.place}.${name}`
  const declared = elements.get(path)
  if (declared === undefined) return undefined
  if (typeof declared === 'string') return compileProperty(steps, at, name, placeOf(path, declared), elements)
  const cast = steps[at + 1]
  const wanted = cast?.kind === 'as' ? declared.filter((t) => passesCast(t, cast.type)) : declared
  const behind = cast?.kind === 'as' ? at + 1 : at
  const runs = wanted.map((t) => compileProperty(steps, behind, name + t.charAt(0).toUpperCase() + t.slice(1), placeOf(path, t), elements))
  const known = runs.filter((r) => r !== undefined)
  if (known.length === 0) return undefined
  if (known.length === 1) return known[0]
  return (value, emit, root) => {
    for (const run of known) run(value, emit, root)
  }
}

function placeOf(path: string, type: string): Place {
  if (type.startsWith('#')) return { place: type.slice(1), datatype: 'BackboneElement' }
  return { place: type === 'BackboneElement' || type === 'Element' ? path : type, datatype: type }
}

/** Follows one JSON property and goes on behind it for each of its repetitions; an index takes one of them. */
function compileProperty(steps: readonly Step[], at: number, property: string, there: Place, elements: ElementTypes): Run | undefined {
  const index = steps[at + 1]
  // An index counts over the whole collection: only where nothing before it can repeat is that the array's own index.
  if (index?.kind === 'index' && at !== 0) return undefined
  const next = compileSteps(steps, index?.kind === 'index' ? at + 2 : at + 1, there, elements)
  if (!next) return undefined
  if (index?.kind === 'index') {
    return (value, emit, root) => {
      const found = list((value as Record<string, unknown>)[property])[index.at]
      if (found !== undefined && found !== null) next(found, emit, root)
    }
  }
  return (value, emit, root) => {
    if (value === null || typeof value !== 'object') return
    const found = (value as Record<string, unknown>)[property]
    if (found === undefined || found === null) return
    if (!Array.isArray(found)) next(found, emit, root)
    else for (const item of found) if (item !== null && item !== undefined) next(item, emit, root)
  }
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]
}

/**
 * The type that a Reference points to, without fetching it: from its text, from a contained resource, else from
 * Reference.type. Undefined when none of them tells.
 */
export function referencedType(value: unknown, root: FhirResource): string | undefined {
  if (value === null || typeof value !== 'object') return undefined
  const { reference, type } = value as { reference?: unknown; type?: unknown }
  const declared = typeof type === 'string' ? type : undefined
  if (typeof reference !== 'string') return declared
  const target = parseReference(reference, '')
  if (target?.kind === 'local' || target?.kind === 'conditional') return target.type
  if (target?.kind === 'absolute') return target.type ?? declared
  if (target?.kind === 'contained') return containedType(root, target.id) ?? declared
  return declared
}

function containedType(root: FhirResource, id: string): string | undefined {
  if (id === '') return root.resourceType
  for (const c of list(root.contained)) {
    if ((c as FhirResource).id === id) return (c as FhirResource).resourceType
  }
  return undefined
}
