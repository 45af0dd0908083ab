/** Our errors against the engine's, element by element. */
import { parseResource } from '../../../server/fhir/resource-text.ts'
import type { Validator } from '../../../server/validation/validator.ts'
import type { Asked } from './corpus.ts'
import { digestOf, type Kept } from './fixture.ts'
import { type Errors, ourErrors } from './verdicts.ts'

export interface Difference {
  name: string
  group: Asked['group']
  element: string
  /** who says that there is an error */
  by: 'ours' | 'theirs'
  kinds: string[]
}

export interface Comparison {
  /** by group: elements with an error for both, and for one of them */
  counts: Record<string, { same: number; ours: number; theirs: number }>
  /** resources of which both find every element sound */
  sound: number
  differences: Difference[]
  /** names whose text is another than the engine saw */
  stale: string[]
}

/** A mutant is asked about what was broken: what its example has wrong itself is compared there. */
const originOf = (name: string): string => name.split(' + ')[0] ?? name

export function compare(asked: readonly Asked[], kept: ReadonlyMap<string, Kept>, validator: Validator): Comparison {
  const result: Comparison = { counts: {}, sound: 0, differences: [], stale: [] }
  for (const each of asked) {
    const [digest, errors = {}] = kept.get(each.name) ?? []
    if (digest !== digestOf(each.text)) result.stale.push(each.name)
    else compareOne(each, errors, { kept, validator, result })
  }
  return result
}

interface Comparing {
  kept: ReadonlyMap<string, Kept>
  validator: Validator
  result: Comparison
}

function compareOne({ name, group, text }: Asked, theirs: Record<string, string[]>, { kept, validator, result }: Comparing): void {
  const ours = errorsOf(text, validator)
  const skipped = group === 'mutant' ? (kept.get(originOf(name))?.[1] ?? {}) : {}
  result.counts[group] ??= { same: 0, ours: 0, theirs: 0 }
  const count = result.counts[group]
  const elements = new Set([...ours.keys(), ...Object.keys(theirs)])
  if (elements.size === 0) result.sound++
  for (const element of elements) {
    if (element in skipped) continue
    const [mine, other] = [ours.get(element), theirs[element]]
    if (mine && other) count.same++
    else {
      const by = mine ? 'ours' : 'theirs'
      count[by]++
      result.differences.push({ name, group, element, by, kinds: mine ?? other ?? [] })
    }
  }
}

function errorsOf(text: string, validator: Validator): Errors {
  const { resource, decimals } = parseResource(text)
  return ourErrors(validator.validate(resource, { mode: 'create', decimals }))
}

export function agreementOf(counts: Comparison['counts']): number {
  const sum = (side: 'same' | 'ours' | 'theirs'): number => Object.values(counts).reduce((total, each) => total + each[side], 0)
  return sum('same') / (sum('same') + sum('ours') + sum('theirs'))
}
