/** `_list=42`: a resource to which an entry of List/42 refers (R4 search.html, searching by list; see listed.ts). */
import { isId } from '../../fhir/ids.ts'
import { unescapeValue } from '../escape.ts'
import { SEPARATOR } from '../keys.ts'
import { LIST, LISTED, PARTLY_LISTED } from '../listed.ts'
import { anyOf, type PlanNode } from '../plan.ts'
import type { ParseOptions } from '../types.ts'
import { paramError } from './names.ts'
import { orValues, shownModifier } from './values.ts'

export const LIST_PARAMETER = '_list'

/**
 * The List is asked as in a search of its own: a hidden one finds nothing, as an absent one does.
 * @throws OutcomeError list-functional | modifier-unsupported | parameter-forbidden, and what is said of lists of values
 */
export function planListed(type: string, modifier: string | undefined, value: string, options: ParseOptions): PlanNode {
  if (modifier !== undefined) throw paramError('modifier-unsupported', LIST_PARAMETER, { modifier: shownModifier(modifier) })
  const { allowed, mayFollow } = options
  if (mayFollow?.(LIST) === false || allowed?.(type, LIST_PARAMETER) === false || allowed?.(LIST, 'item') === false)
    throw paramError('parameter-forbidden', LIST_PARAMETER)
  const values = orValues(LIST_PARAMETER, value).map(unescapeValue)
  // `$current-problems` and its like are lists that a server makes up.
  if (values.some((one) => one.startsWith('$'))) throw paramError('list-functional', LIST_PARAMETER)
  const ids = values.filter(isId)
  if (ids.length === 0) return { kind: 'nothing' }
  const named: PlanNode = { kind: 'ids', ids }
  const whole: PlanNode = { kind: 'and', nodes: [named, { kind: 'not', node: { kind: 'keys', keys: [PARTLY_LISTED] } }] }
  return anyOf([
    { kind: 'has', type: LIST, starts: [`item${SEPARATOR.reference}${type}/`], node: whole },
    { kind: 'has', type: LIST, starts: [`${LISTED}${type}/`], node: named },
  ])
}
