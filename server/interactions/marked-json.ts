/**
 * JSON in which every number is a string that holds its digits behind a mark, so that what is changed and printed again keeps
 * 6.50 as 6.50. For patches, which change the text of a resource and not what it means.
 */
import { OutcomeError } from '../outcome/outcome-error.ts'

export type Json = null | boolean | string | Json[] | JsonObject
export type JsonObject = { [name: string]: Json }

/** U+0000 stands in no FHIR string (R4 datatypes.html#string) and is refused in a patch. */
const MARK = '\u0000'
const MARKED = /"\\u0000([^"]*)"/g

/** @throws OutcomeError patch-invalid where a string has the mark */
export const parseMarked = (text: string): Json =>
  JSON.parse(text, ((_key: string, value: unknown, context?: { source?: string }) => {
    if (typeof value === 'string' && value.includes(MARK)) throw new OutcomeError('patch-invalid')
    return typeof value === 'number' ? MARK + (context?.source ?? String(value)) : value
  }) as (key: string, value: unknown) => unknown) as Json

export function printMarked(value: Json): string {
  const text = JSON.stringify(value)
  return text.includes('"\\u0000') ? text.replace(MARKED, '$1') : text
}

/** The digits of a marked number; undefined for what is none. */
export const digitsOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.startsWith(MARK) ? value.slice(MARK.length) : undefined

/** A number by its digits. */
export const numberOf = (digits: string): Json => MARK + digits

/** A copy with plain numbers, for whoever only reads. */
export const unmarked = (value: Json): unknown => JSON.parse(printMarked(value))
