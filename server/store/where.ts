/** Conditions and changes that other modules hand in for their own tables: comparisons only, nothing that runs code. */
import type { Document } from 'mongodb'

const COMPARISONS = new Set(['$eq', '$ne', '$lt', '$lte', '$gt', '$gte', '$in', '$nin', '$exists'])

/**
 * Field by field, with comparisons of the list above. `$or` and `$and` take lists of the same.
 * @throws TypeError for anything else: a mistake in our code, never to be reached from a request
 */
export function safeWhere(where: Record<string, unknown>): Document {
  const safe: Document = {}
  for (const [field, condition] of Object.entries(where)) {
    if (field === '$or' || field === '$and') {
      if (!Array.isArray(condition)) throw new TypeError(`${field} takes a list`)
      safe[field] = condition.map((part) => safeWhere(part as Record<string, unknown>))
    } else if (field.startsWith('$')) throw new TypeError('operator not allowed in a condition')
    else safe[field] = comparison(condition)
  }
  return safe
}

function comparison(condition: unknown): unknown {
  if (!isPlainObject(condition)) return { $eq: condition }
  const operators = Object.keys(condition).filter((key) => key.startsWith('$'))
  if (operators.length === 0) return { $eq: condition }
  for (const key of Object.keys(condition)) {
    if (!COMPARISONS.has(key)) throw new TypeError('comparison not allowed in a condition')
  }
  return condition
}

export interface TableChange {
  set?: Record<string, unknown>
  inc?: Record<string, number>
  unset?: string[]
  /** only where an upsert makes the document */
  first?: Record<string, unknown>
}

/** A change by field names; an update without any would replace the document. */
export function safeSet(change: TableChange): Document {
  const safe: Document = {}
  if (change.set && Object.keys(change.set).length > 0) safe.$set = change.set
  if (change.inc && Object.keys(change.inc).length > 0) safe.$inc = change.inc
  if (change.unset && change.unset.length > 0) safe.$unset = Object.fromEntries(change.unset.map((field) => [field, '']))
  if (change.first && Object.keys(change.first).length > 0) safe.$setOnInsert = change.first
  for (const part of Object.values(safe)) {
    if (Object.keys(part as object).some((field) => field.startsWith('$'))) throw new TypeError('operator not allowed as a field')
  }
  if (Object.keys(safe).length === 0) throw new TypeError('a change changes something')
  return safe
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== 'object') return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
