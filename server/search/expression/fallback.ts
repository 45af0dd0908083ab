/** Expressions outside the subset run on the fhirpath package, compiled once. None of R4's own needs it; `guard.ts` says which may. */
import { createRequire } from 'node:module'
import type { Extract } from './compile.ts'

type Compiled = (resource: unknown) => unknown[]

interface Fhirpath {
  compile(expression: string, model: unknown, options: { resolveInternalTypes: false }): Compiled
  types(value: unknown): string[]
  resolveInternalTypes(value: unknown): unknown
}

const require = createRequire(import.meta.url)

/** Loaded at the first use: the package's grammar takes a tenth of a second that most starts do not need. */
export function compileWithFhirpath(expression: string): Extract {
  const fhirpath = require('fhirpath') as Fhirpath
  const model = require('fhirpath/fhir-context/r4') as unknown
  const run = fhirpath.compile(expression, model, { resolveInternalTypes: false })
  return (resource, emit) => {
    for (const value of valuesOf(run, resource)) {
      const [type = ''] = fhirpath.types([value])
      const plain = fhirpath.resolveInternalTypes(value)
      emit(plain, datatypeOf(type, plain))
    }
  }
}

/** Where an expression cannot be evaluated (a function of one value meets several), the resource has no value by it. */
function valuesOf(run: Compiled, resource: unknown): unknown[] {
  try {
    return run(resource)
  } catch {
    return []
  }
}

/** `FHIR.dateTime`, or the types of FHIRPath itself for what was computed. */
function datatypeOf(type: string, value: unknown): string {
  const [namespace, name = ''] = type.split('.')
  if (namespace === 'FHIR') return name
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'number') return 'decimal'
  return name === 'DateTime' ? 'dateTime' : name === 'Date' ? 'date' : 'string'
}
