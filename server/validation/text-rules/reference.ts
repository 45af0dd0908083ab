/** Reference.type (R4 references.html#Reference): what the literal reference names is of that type. */
import { referencedType } from '../references.ts'
import type { TextRule } from './rule.ts'

export const referenceRules: TextRule = (reference, { resource, tree, report }) => {
  const { type } = reference as { type?: unknown }
  if (typeof type !== 'string' || !tree.isResource(type)) return
  const { type: _, ...literal } = reference as { type: string }
  const named = referencedType(literal, resource)
  if (named !== undefined && named !== type) report('reference-type', `Reference.type ${type}`)
}
