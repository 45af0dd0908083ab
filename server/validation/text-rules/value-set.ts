/** ValueSet (R4 valueset.html): a code system is named by an absolute URI, and its version stands in an element of its own. */
import { objectsOf } from './items.ts'
import type { TextRule } from './rule.ts'
import { isAbsolute } from './uris.ts'

interface Part {
  system?: unknown
}

export const valueSetRules: TextRule = (valueSet, { report }) => {
  const { compose } = valueSet as { compose?: { include?: unknown; exclude?: unknown } }
  for (const name of ['include', 'exclude'] as const) {
    for (const [index, { system }] of objectsOf<Part>(compose?.[name]))
      if (typeof system === 'string' && (!isAbsolute(system) || system.includes('|')))
        report('uri-form', 'code system', `.compose.${name}[${index}].system`)
  }
}
