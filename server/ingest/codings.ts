/**
 * A coding of a source and the coding that it is translated to: where the one stands, the other goes before it, as a mapping
 * puts them (mappings/engine). The same function translates what comes next and what is stored already.
 */
import { arrayItems, skipValue } from '../fhir/resource-text.ts'

export interface CodeName {
  system: string
  code: string
}

export interface CodeTarget extends CodeName {
  display?: string
}

export interface CodingChange {
  source: CodeName
  /** what it is translated to; absent: to nothing */
  target?: CodeTarget
  /** what it was translated to before, by decisions that do not hold any more */
  former: readonly CodeName[]
}

/** Either list may hold more than these two members. */
type Named = { system?: unknown; code?: unknown }

const isSame = (one: Named, name: CodeName): boolean => one.system === name.system && one.code === name.code

/** @returns items of the changed list: positions of what stays, and `target` where that goes; undefined: it is as it should be */
function changedOrder(list: readonly Named[], { source, target, former }: CodingChange): (number | 'target')[] | undefined {
  if (!list.some((one) => isSame(one, source))) return undefined
  const isGone = (one: Named) => former.some((name) => isSame(one, name)) && !(target && isSame(one, target)) && !isSame(one, source)
  const kept = [...list.keys()].filter((at) => !isGone(list[at] as Named))
  // Who said it in that system already knew more than a map: what he said stands.
  const isSaid = target && kept.some((at) => (list[at] as Named).system === target.system && !isSame(list[at] as Named, source))
  if (!target || isSaid) return kept.length === list.length ? undefined : kept
  const before = kept.findIndex((at) => isSame(list[at] as Named, source))
  return [...kept.slice(0, before), 'target', ...kept.slice(before)]
}

/** The changed list; undefined where it is as it should be, or does not have the source's coding. */
export function changedCodings<T extends Named>(
  list: readonly T[],
  change: CodingChange,
  made: (target: CodeTarget) => T,
): T[] | undefined {
  const order = changedOrder(list, change)
  return order?.map((at) => (at === 'target' ? made(change.target as CodeTarget) : (list[at] as T)))
}

export const targetCoding = ({ system, code, display }: CodeTarget): CodeTarget => ({ system, code, ...(display ? { display } : {}) })

/** An escaped quote before it: that is text, and no name of a member. */
const CODING_LISTS = /(?<!\\)"coding":\[/g

/**
 * Compact JSON with every list of codings in it changed, all else as it was to the last character; undefined where nothing changes.
 * A Coding that stands alone (`Encounter.class`) has no place for a second one.
 */
export function changeCodings(text: string, change: CodingChange): string | undefined {
  const { system, code } = change.source
  // Escaped letters could hide what is looked for.
  if (!text.includes('\\') && !(text.includes(JSON.stringify(code)) && text.includes(JSON.stringify(system)))) return undefined
  let out = ''
  let copied = 0
  for (const found of text.matchAll(CODING_LISTS)) {
    const start = found.index + found[0].length - 1
    if (start < copied) continue
    const end = skipValue(text, start)
    const list = changedTexts(arrayItems(text.slice(start, end)), change)
    if (!list) continue
    out += `${text.slice(copied, start)}[${list.join(',')}]`
    copied = end
  }
  return copied === 0 ? undefined : out + text.slice(copied)
}

/** Of codings as JSON texts. */
export function changedTexts(items: readonly string[], change: CodingChange): string[] | undefined {
  const order = changedOrder(
    items.map((item) => JSON.parse(item) as Named),
    change,
  )
  return order?.map((at) => (at === 'target' ? JSON.stringify(targetCoding(change.target as CodeTarget)) : (items[at] as string)))
}

/** Whether some list of codings in it has this one. */
export function hasCoding(text: string, name: CodeName): boolean {
  // Taking the coding for one that is translated to itself changes every list that has it, and no other.
  const probe: CodingChange = { source: name, target: { system: '', code: '' }, former: [] }
  return changeCodings(text, probe) !== undefined
}

/** The value with every list of codings in it changed in place. */
export function changeCodingsIn(value: unknown, change: CodingChange): void {
  if (value === null || typeof value !== 'object') return
  if (Array.isArray(value)) {
    for (const item of value) changeCodingsIn(item, change)
    return
  }
  const members = value as Record<string, unknown>
  for (const [name, member] of Object.entries(members)) {
    const list = name === 'coding' && Array.isArray(member) ? (member as Named[]) : undefined
    const changed = list && changedCodings<Named>(list, change, targetCoding)
    if (changed) members[name] = changed
    else changeCodingsIn(member, change)
  }
}

/** One name of a coding, to look for it among others. */
export const codingName = ({ system, code }: CodeName): string => JSON.stringify([system, code])

/** Names of all codings that stand in a list of codings, wherever it is. */
export function codingsIn(value: unknown, found = new Set<string>()): Set<string> {
  if (value === null || typeof value !== 'object' || 'toJSON' in value) return found
  if (Array.isArray(value)) {
    for (const item of value) codingsIn(item, found)
    return found
  }
  for (const [name, member] of Object.entries(value)) {
    if (name === 'coding' && Array.isArray(member)) for (const coding of member as CodeName[]) found.add(codingName(coding))
    codingsIn(member, found)
  }
  return found
}
