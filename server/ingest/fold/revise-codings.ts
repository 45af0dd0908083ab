/** A statement whose codings are translated otherwise than when it was made; when it was said stays as it was. */
import { changeCodings, changedTexts, type CodingChange, hasCoding } from '../codings.ts'
import { listRule, unitOf } from './rules.ts'
import type { ListEntry, Statement } from './types.ts'

type Entries = Record<string, ListEntry>

export function reviseCodings(type: string, statement: Statement, change: CodingChange): Statement {
  const units = Object.entries(statement.units).map(([name, unit]) => {
    const members = Object.entries(unit.members).map(([element, text]) => [element, changeCodings(text, change) ?? text])
    return [name, { ...unit, members: Object.fromEntries(members) as Record<string, string> }]
  })
  const lists = Object.entries(statement.lists).map(([path, entries]) => [
    path,
    path.startsWith('meta.')
      ? entries
      : path.endsWith('.coding')
        ? listOfCodings(entries, change)
        : listOfOthers(type, path, entries, change),
  ])
  return { ...statement, units: Object.fromEntries(units), lists: Object.fromEntries(lists) }
}

/**
 * A concept that the source said by its name alone, without what it is not translated to any more: a mapping that is made anew says
 * nothing of it, and a list keeps what nobody says otherwise. The same statement where there is nothing of the kind.
 */
export function withoutFormer(statement: Statement, { source, target, former }: CodingChange): Statement {
  const isGone = (text: string): boolean => {
    const { system, code } = JSON.parse(text) as { system?: unknown; code?: unknown }
    const isOf = (one: { system: string; code: string }) => one.system === system && one.code === code
    return former.some(isOf) && !(target && isOf(target))
  }
  let isSame = true
  const lists = Object.entries(statement.lists).map(([path, entries]): [string, Entries] => {
    const element = path.endsWith('.coding') ? path.slice(0, -'.coding'.length) : ''
    const concept = statement.units[unitOf(element)]?.members[element]
    const isNamed = concept !== undefined && (JSON.parse(concept) as { text?: unknown }).text === source.code
    if (!isNamed || !Object.values(entries).some(({ items }) => items.some(isGone))) return [path, entries]
    isSame = false
    const kept = Object.entries(entries).map(
      ([key, entry]) => [key, { ...entry, items: entry.items.filter((text) => !isGone(text)) }] as const,
    )
    return [path, Object.fromEntries(kept.filter(([, { items }]) => items.length > 0))]
  })
  return isSame ? statement : { ...statement, lists: Object.fromEntries(lists) }
}

/** Whether something in it is coded so. */
export const statesCoding = (statement: Statement, change: CodingChange): boolean =>
  Object.values(statement.units).some(({ members }) => Object.values(members).some((text) => hasCoding(text, change.source))) ||
  Object.entries(statement.lists).some(([path, entries]) => {
    if (path.startsWith('meta.')) return false
    const items = Object.values(entries).flatMap((entry) => entry.items)
    return path.endsWith('.coding')
      ? hasCoding(`{"coding":[${items.join(',')}]}`, change.source)
      : items.some((text) => hasCoding(text, change.source))
  })

/** The list itself is one of codings, kept by their systems: what goes before the source's coding was named before it. */
function listOfCodings(entries: Entries, change: CodingChange): Entries {
  const ordered = Object.entries(entries).sort(([, a], [, b]) => (a.first < b.first ? -1 : 1))
  const items = ordered.flatMap(([key, entry]) => entry.items.map((text) => ({ key, entry, text })))
  const changed = changedTexts(
    items.map(({ text }) => text),
    change,
  )
  if (!changed) return entries
  const stays = new Set(changed)
  const out: Entries = {}
  for (const { key, entry, text } of items) {
    if (!stays.has(text)) continue
    out[key] = { ...entry, items: [...(out[key]?.items ?? []), text] }
  }
  const added = changed.filter((text) => !items.some((item) => item.text === text))
  const source = items.find(({ text }) => isSource(text, change))?.entry
  for (const text of added) {
    const key = (JSON.parse(text) as { system: string }).system
    const at = source?.at ?? ''
    const known = out[key]
    out[key] = known ? { ...known, items: [text, ...known.items] } : { at, first: before(source?.first ?? ''), items: [text] }
  }
  return out
}

function isSource(text: string, { source }: CodingChange): boolean {
  const { system, code } = JSON.parse(text) as { system?: unknown; code?: unknown }
  return system === source.system && code === source.code
}

/** `instant|00001` (statement.ts): the same instant, before every place in it. */
const before = (first: string): string => `${first.slice(0, first.lastIndexOf('|') + 1)}-${first.slice(first.lastIndexOf('|') + 2)}`

/** Members that hold codings: by a changed one a member may be another one than before. */
function listOfOthers(type: string, path: string, entries: Entries, change: CodingChange): Entries {
  const rule = listRule(type, path)
  const changes = Object.values(entries).some(({ items }) => items.some((text) => changeCodings(text, change) !== undefined))
  if (!changes || !rule) return entries
  const out: Entries = {}
  for (const [key, entry] of Object.entries(entries)) {
    // A word about members (what is unlisted) has none itself.
    if (entry.items.length === 0) out[key] = entry
    for (const text of entry.items) {
      const changed = changeCodings(text, change)
      const now = changed === undefined ? key : rule.key(JSON.parse(changed) as never)
      const known = out[now]
      const item = changed ?? text
      out[now] = known
        ? { ...known, items: known.items.includes(item) ? known.items : [...known.items, item] }
        : { ...entry, items: [item] }
    }
  }
  return out
}
