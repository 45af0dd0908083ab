/** Which field of which source becomes which element: read off the mapping tables themselves, so that the guide cannot differ from them. */
import '../../mappings/index.ts'
import type { Plan } from '../../mappings/engine/build.ts'
import { definedMappings } from '../../mappings/engine/mapping.ts'
import type { MappedField } from './types.ts'

/** By source, then as the mapping has them; one that is made twice (for two kinds of row) is named once. */
export function mappedFields(): MappedField[] {
  const found = new Map<string, MappedField>()
  for (const { source, to, profiles, elements } of definedMappings())
    for (const { element, fields } of rulesOf(elements, '')) {
      const field = { source, kind: source.split('/')[0] ?? '', to, element, fields, profiles }
      found.set(JSON.stringify([source, to, element, fields, profiles]), field)
    }
  return [...found.values()].sort((a, b) => order(a.source, b.source))
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

interface Found {
  element: string
  fields: readonly string[]
}

/** What a rule reads; constants and what is known without a field say nothing of the source. */
function rulesOf(plan: Plan, at: string): Found[] {
  if (plan.kind === 'constant') return []
  if (plan.kind === 'rule') return plan.rule.fields.length === 0 ? [] : [{ element: at, fields: [...new Set(plan.rule.fields)] }]
  if (plan.kind === 'list') return plan.items.flatMap((item) => rulesOf(item, `${at}${extensionOf(item)}`))
  return plan.members.flatMap(({ name, plan: member }) => rulesOf(member, at === '' ? name : `${at}.${name}`))
}

/** An extension is told by its url: `extension(cn-ethnicity)`. */
function extensionOf(plan: Plan): string {
  if (plan.kind !== 'object') return ''
  const url = plan.members.find(({ name }) => name === 'url')?.plan
  return url?.kind === 'constant' && typeof url.value === 'string' ? `(${url.value.slice(url.value.lastIndexOf('/') + 1)})` : ''
}
