/** ConceptMap (R4 conceptmap.html): a code that is mapped, and what it is mapped to, stands in the code system of its group and in the value set. */
import type { CodeSet } from '../bindings.ts'
import { objectsOf } from './items.ts'
import type { TextContext, TextRule } from './rule.ts'

interface Group {
  source?: unknown
  target?: unknown
  element?: unknown
}

interface Mapped {
  code?: unknown
  target?: unknown
}

export const conceptMapRules: TextRule = (map, context) => {
  const { group, sourceUri, sourceCanonical } = map as Record<string, unknown>
  const source = context.codes(String(sourceCanonical ?? sourceUri))
  for (const [index, each] of objectsOf<Group>(group)) groupRules(each, `.group[${index}]`, context, source)
}

function groupRules({ source, target, element }: Group, at: string, { lacks, report }: TextContext, from: CodeSet | undefined): void {
  const isUnknown = (url: unknown, code: unknown): boolean => typeof url === 'string' && typeof code === 'string' && lacks(url, code)
  const isOutside = (code: unknown): boolean => from?.complete === true && typeof code === 'string' && !from.codes.has(code)
  for (const [index, mapped] of objectsOf<Mapped>(element)) {
    const below = `${at}.element[${index}]`
    if (isUnknown(source, mapped.code)) report('code-unknown', String(source), `${below}.code`)
    else if (isOutside(mapped.code)) report('binding', from?.url ?? '', `${below}.code`)
    for (const [place, to] of objectsOf<Mapped>(mapped.target))
      if (isUnknown(target, to.code)) report('code-unknown', String(target), `${below}.target[${place}].code`)
  }
}
