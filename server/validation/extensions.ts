/** Where an extension may stand and what is inside it (R4 defining-extensions.html, extensibility.html). */
import type { Holder, Walk } from './base-walker.ts'
import type { Evaluator } from './fhirpath/evaluator.ts'
import type { ValidationIssue } from './issue.ts'
import type { ProfileDefinition } from './profile-definitions.ts'
import type { ProfileNode } from './profile-tree.ts'
import { objectsOf } from './text-rules/items.ts'
import type { TypeTree } from './type-tree.ts'

type Json = Record<string, unknown>

/**
 * Contexts that R4 states too narrowly: its own definitions use these extensions elsewhere, and HL7's later publications of them say so.
 */
const WIDENED: Record<string, readonly string[]> = {
  'structuredefinition-fhir-type': ['ElementDefinition.type'],
  regex: ['ElementDefinition.type'],
  'structuredefinition-normative-version': ['Element'],
}

/** Whether one of the contexts of the definition names the element, its type, or a type that this is a kind of. */
export function isInContext({ url, context, type }: ProfileDefinition, holder: Holder, tree: TypeTree): boolean {
  if (type !== 'Extension' || !context || context.length === 0) return true
  // Another extension as context is named by its canonical, a FHIRPath by an expression: neither is decided here.
  if (context.some(({ type: kind }) => kind !== 'element')) return true
  const expressions = [...context.map(({ expression }) => expression), ...(WIDENED[url.slice(url.lastIndexOf('/') + 1)] ?? [])]
  return expressions.some((expression) => {
    const wanted = expression.replace('[x]', '')
    // Anything is an element, the resource itself too.
    return (
      wanted === 'Element' ||
      wanted === holder.path ||
      wanted === holder.content ||
      wanted === holder.type ||
      tree.descends(holder.type, wanted)
    )
  })
}

/** Whether it changes the meaning of what it stands in (R4 extensibility.html#modifierExtension): then it is a modifierExtension, else it is none. */
export const isModifier = ({ modifier, snapshot }: ProfileDefinition): boolean => modifier ?? snapshot.element[0]?.isModifier === true

interface InContext {
  evaluator: Evaluator
  owner: Json
  holder: Holder
  extension: Json
  walk: Walk
}

/**
 * Whether the element that holds it is as the definition demands (R4 StructureDefinition.contextInvariant): the focus is that element,
 * and `%extension` the extension. What says nothing, or cannot be evaluated, is no error.
 */
export function suitsContext(
  { contextInvariant = [] }: ProfileDefinition,
  { evaluator, owner, holder, extension, walk }: InContext,
): boolean {
  return contextInvariant.every((expression) => {
    try {
      return evaluator.test(holder.path, expression)(owner, { ...walk.env, context: owner, extension }) !== false
    } catch {
      return true
    }
  })
}

/** HL7's own examples and definitions use its extensions elsewhere and with other parts: that is worth saying, and refuses no write. */
export const kindOf = (url: string): ValidationIssue['kind'] => (url.startsWith('http://hl7.org/') ? 'text' : 'profile')

/** A part of a complex extension that its definition does not name: parts are named by what the definition says, and by nothing else. */
export function reportUnknownParts(profile: ProfileNode, extension: Json, at: string, walk: Walk, canonical: string): void {
  const { extension: parts } = extension
  const slices = profile.children.find(({ name }) => name === 'extension')?.slicing?.slices
  if (!slices || slices.length === 0) return
  for (const [index, part] of objectsOf<Json>(parts)) {
    const { url } = part
    if (typeof url !== 'string' || url.includes(':') || slices.some((slice) => slice.matches({ value: part, type: 'Extension' }))) continue
    const expression = `${at}.extension[${index}]`
    walk.issues.add({
      severity: 'error',
      code: 'extension-unknown',
      expression,
      rule: 'extension',
      profile: canonical,
      kind: kindOf(canonical),
    })
  }
}
