/** What CodeSystem supplements add to a system that is kept in MongoDB (R4 codesystem.html#supplements): designations and properties of its codes. */
import type { Concept } from '../terminology-service/code-system.ts'
import { supplementedWith, type Added, additionsOf } from '../terminology-service/concept-tree.ts'
import type { CodeSystemResource } from '../terminology-service/resources.ts'
import { hasWords } from '../terminology-service/words.ts'
import { textOfValue } from './terms.ts'

export interface Supplement {
  /** of these supplements */
  key: string
  /** codes of properties */
  properties: ReadonlySet<string>
  /** the concept with what they add to it */
  added(concept: Concept): Concept
  /** codes with a designation that has the word */
  codesWith(word: string): string[]
  /** codes with the property, of one of the values where some are given */
  codesWhere(property: string, values?: readonly string[]): string[]
}

export function supplementOf(key: string, resources: readonly CodeSystemResource[]): Supplement {
  const byCode = additionsOf(resources)
  const named = [...byCode].map(([code, { designations }]) => ({ code, named: { code: '', designations } }))
  const all = [...byCode]
  return {
    key,
    properties: new Set(all.flatMap(([, { properties }]) => properties.map((one) => one.code))),
    added: (concept) => supplementedWith(concept, byCode.get(concept.code)),
    codesWith: (word) => named.flatMap((one) => (hasWords(one.named, word) ? [one.code] : [])),
    codesWhere: (property, values) =>
      all.flatMap(([code, { properties }]: [string, Added]) =>
        properties.some((one) => one.code === property && (values?.includes(textOfValue(one.value)) ?? true)) ? [code] : [],
      ),
  }
}
