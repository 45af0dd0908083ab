/** From a SearchParameter resource (R4 searchparameter.html) to what the search compiles. Pure. */
import type { SearchParameter } from './types.ts'

/** What search reads of the resource; its form is the validator's affair. */
export interface ParameterResource {
  url: string
  code: string
  base: string[]
  type: SearchParameter['type']
  expression?: string
  target?: string[]
  component?: { definition: string; expression: string }[]
}

/** Defined for every type; the expression starts there too. */
export const ABSTRACT_TYPES: ReadonlySet<string> = new Set(['Resource', 'DomainResource'])

/**
 * @param codeOf code of the parameter with a canonical: parts of a composite are described by others, named by their address.
 * What is not known becomes '', which no parameter is called.
 */
export function parameterOf(resource: ParameterResource, codeOf: (url: string) => string | undefined): SearchParameter {
  const { code, type, expression = '', url, base, target, component } = resource
  return {
    code,
    type,
    expression: expression.trim().replace(/\s+/g, ' '),
    ...(type === 'reference' ? { target: target && target.length > 0 ? [...target].sort() : ['Resource'] } : {}),
    url,
    base: [...base].sort(),
    ...(type === 'composite'
      ? {
          component: (component ?? []).map((part) => ({
            code: codeOf(part.definition.split('|')[0] ?? '') ?? '',
            expression: part.expression,
          })),
        }
      : {}),
  }
}
