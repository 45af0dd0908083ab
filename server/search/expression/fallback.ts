/** Expressions outside the subset run on the fhirpath package, compiled once. None of R4's own needs it. */
import { createRequire } from 'node:module'
import type { Extract } from './compile.ts'

type Compiled = (resource: unknown) => unknown[]

const require = createRequire(import.meta.url)

/** Loaded at the first use: the package's grammar takes a tenth of a second that most starts do not need. */
export function compileWithFhirpath(expression: string): Extract {
  const fhirpath = require('fhirpath') as { compile: (expression: string, model: unknown) => Compiled }
  const model = require('fhirpath/fhir-context/r4') as unknown
  const run = fhirpath.compile(expression, model)
  return (resource, emit) => {
    for (const value of run(resource)) emit(value, datatypeByShape(value))
  }
}

/** The package answers plain values; their datatype has to be told from their form. */
function datatypeByShape(value: unknown): string {
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'number') return 'decimal'
  if (typeof value !== 'object' || value === null) return typeof value === 'string' && /^\d{4}(-|$)/.test(value) ? 'dateTime' : 'string'
  const has = (...names: string[]) => names.some((n) => Object.hasOwn(value, n))
  if (has('reference')) return 'Reference'
  if (has('coding')) return 'CodeableConcept'
  if (has('family', 'given')) return 'HumanName'
  if (has('start', 'end')) return 'Period'
  if (has('code') && !has('value')) return 'Coding'
  if (typeof (value as { value?: unknown }).value === 'number') return 'Quantity'
  return has('system', 'value') ? 'Identifier' : 'CodeableConcept'
}
