/** Whether two names can be one person's. Names never link; they only speak against a link (formats.md D12, D14, D46). */
import { Converter } from 'opencc-js/t2cn'
import { foldName, readName } from '../../../mappings/engine/values/name.ts'
import { pinyinForms } from '../../search/pinyin.ts'

const toSimplified = Converter({ from: 't', to: 'cn' })

/** How far two names speak against each other. */
export type NameDifference = 'none' | 'slight' | 'different'

const SAME_SHARE_MIN = 0.5
const HAN = /^[\u3400-\u9fff·]+$/

/** `none` when they agree or one of them says nothing (absent, masked, an alias, another script). */
export function compareNames(a: string | undefined, b: string | undefined): NameDifference {
  if (!a || !b || readName(a).masked || readName(b).masked) return 'none'
  const x = folded(a)
  const y = folded(b)
  if (x === y || x === '' || y === '' || HAN.test(x) !== HAN.test(y)) return 'none'
  if (soundsAlike(x, y)) return 'slight'
  const share = commonSubsequence([...x], [...y]) / Math.max([...x].length, [...y].length)
  return share > SAME_SHARE_MIN ? 'slight' : 'different'
}

/** Written by ear: 佳 for 嘉. Whole syllables, since initials are shared by many. */
function soundsAlike(a: string, b: string): boolean {
  if ([...a].length !== [...b].length) return false
  const others = new Set(pinyinForms(b, true))
  return pinyinForms(a, true).some((form) => form.length > [...a].length && others.has(form))
}

/** Both say a name, and nothing of it disagrees. */
export function isSameName(a: string | undefined, b: string | undefined): boolean {
  if (!a || !b || readName(a).masked || readName(b).masked) return false
  return folded(a) === folded(b)
}

/** Distinct names that say something, folded. */
export function distinctNames(names: readonly (string | undefined)[]): string[] {
  return [...new Set(names.flatMap((name) => (name && !readName(name).masked ? [folded(name)] : [])))]
}

const folded = (name: string): string => toSimplified(foldName(name).replace(/[·\s]/g, ''))

/** Length of the longest common subsequence; names are short, so the plain table does. */
function commonSubsequence(a: string[], b: string[]): number {
  let above = new Array<number>(b.length + 1).fill(0)
  for (const x of a.slice(0, 64)) {
    const row = [0]
    b.slice(0, 64).forEach((y, at) => {
      row.push(x === y ? (above[at] ?? 0) + 1 : Math.max(above[at + 1] ?? 0, row[at] ?? 0))
    })
    above = row
  }
  return above[Math.min(b.length, 64)] ?? 0
}
