/** Mapped resources to JSON text and back without losing the digits of a decimal. */
import type { FhirResource } from '../../server/fhir/types.ts'
import { Decimal } from './values/decimal.ts'

/** JSON text of a mapped resource: decimals as written, undefined elements left out. */
export function serialise(resource: FhirResource): string {
  return JSON.stringify(resource)
}

/** The inverse: numbers whose text JavaScript would print differently come back as Decimal. @throws SyntaxError */
export function parseExact(text: string): unknown {
  return JSON.parse(text, ((_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && context?.source !== undefined && context.source !== String(value)
      ? new Decimal(context.source)
      : value) as (key: string, value: unknown) => unknown)
}
