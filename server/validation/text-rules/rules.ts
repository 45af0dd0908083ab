/**
 * Rules that stand in the text of R4 and in none of its definitions, by the type that they are about. A new one is one entry of
 * `RULES`. Their issues have the kind `text`: `$validate` reports them, no write is refused for them.
 */
import { attachmentRules } from './attachment.ts'
import { bundleRules } from './bundle.ts'
import { bundleLinkRules } from './bundle-links.ts'
import { codeRules } from './codes.ts'
import { conceptMapRules } from './concept-map.ts'
import { constraintExpressionRules } from './constraint-expressions.ts'
import { identifierRules } from './identifier.ts'
import { narrativeRules } from './narrative.ts'
import { referenceRules } from './reference.ts'
import type { TextRule } from './rule.ts'
import { searchParameterRules } from './search-parameter.ts'
import { structureDefinitionRules } from './structure-definition.ts'
import { structureMapRules } from './structure-map.ts'
import { valueSetRules } from './value-set.ts'
import { canonicalRules, uriRules } from './uris.ts'

const QUANTITIES = ['Quantity', 'Age', 'Count', 'Distance', 'Duration', 'SimpleQuantity', 'MoneyQuantity']

export const RULES: ReadonlyMap<string, readonly TextRule[]> = new Map<string, readonly TextRule[]>([
  ['canonical', [uriRules, canonicalRules]],
  ['uri', [uriRules]],
  ['url', [uriRules]],
  ['Identifier', [identifierRules]],
  ['Coding', [codeRules]],
  ...QUANTITIES.map((type): [string, TextRule[]] => [type, [codeRules]]),
  ['Attachment', [attachmentRules]],
  ['Narrative', [narrativeRules]],
  ['Reference', [referenceRules]],
  ['Bundle', [bundleRules, bundleLinkRules]],
  ['ConceptMap', [conceptMapRules]],
  ['SearchParameter', [searchParameterRules]],
  ['StructureDefinition', [structureDefinitionRules, constraintExpressionRules]],
  ['StructureMap', [structureMapRules]],
  ['ValueSet', [valueSetRules]],
])
