/** How two records agree, trait by trait. Pure; what that is worth is said in weights.data.json. */
import type { Address, Features } from './features.ts'

export const LEVELS = {
  /** `same`: three characters and more; `short`: two, which many share; `sound`: other characters, the same syllables; `near`: most of them */
  name: ['same', 'short', 'sound', 'near', 'different'],
  /** `near`: day and month exchanged, or one of the three differs; `partial`: one says less and nothing else */
  birthDate: ['same', 'near', 'partial', 'different'],
  gender: ['same', 'different'],
  phone: ['same', 'different'],
  /** `near`: the house without the flat, or most of what stands behind the district */
  address: ['same', 'near', 'district', 'different'],
  /** `near`: one character differs, or two neighbours are exchanged: a slip of typing */
  document: ['same', 'near', 'different'],
} as const

export type Trait = keyof typeof LEVELS
export const TRAITS = Object.keys(LEVELS) as Trait[]
/** absent: one of the two says nothing */
export type Levels = { [T in Trait]?: (typeof LEVELS)[T][number] }

export function compare(a: Features, b: Features): Levels {
  const found: Levels = {}
  const put = <T extends Trait>(trait: T, all: readonly (typeof LEVELS)[T][number][]): void => {
    // People write themselves in several ways: the best agreement counts.
    const order = LEVELS[trait] as readonly string[]
    const [best] = [...all].sort((x, y) => order.indexOf(x) - order.indexOf(y))
    if (best !== undefined) Object.assign(found, { [trait]: best })
  }
  const bySound = meet(a.sounds, b.sounds)
  put(
    'name',
    pairs(a.names, b.names, (x, y) => nameLevel(x, y, bySound)),
  )
  put('birthDate', pairs(a.births, b.births, birthLevel))
  put('gender', pairs(a.genders, b.genders, sameOrNot))
  put('phone', pairs(a.phones, b.phones, sameOrNot))
  put('address', pairs(a.addresses, b.addresses, addressLevel))
  put('document', pairs(a.documents, b.documents, documentLevel).flat())
  return found
}

const pairs = <T, L>(a: readonly T[], b: readonly T[], level: (x: T, y: T) => L): L[] => a.flatMap((x) => b.map((y) => level(x, y)))

function meet(a: readonly string[], b: readonly string[]): boolean {
  return a.some((one) => b.includes(one))
}

const sameOrNot = (a: string, b: string): 'same' | 'different' => (a === b ? 'same' : 'different')

const NAME_SHARE_MIN = 0.6
const SHORT_NAME_CHARACTERS = 2

function nameLevel(a: string, b: string, bySound: boolean): (typeof LEVELS.name)[number] {
  if (a === b) return [...a].length <= SHORT_NAME_CHARACTERS ? 'short' : 'same'
  if (bySound) return 'sound'
  return likeness([...a], [...b]) >= NAME_SHARE_MIN ? 'near' : 'different'
}

const TEXT_CHARACTERS_MAX = 64

/** Longest common subsequence, of the longer one. */
function likeness(a: readonly string[], b: readonly string[]): number {
  const [x, y] = [a.slice(0, TEXT_CHARACTERS_MAX), b.slice(0, TEXT_CHARACTERS_MAX)]
  if (x.length === 0 || y.length === 0) return 0
  let above = new Array<number>(y.length + 1).fill(0)
  for (const character of x) {
    const row = [0]
    for (const [at, other] of y.entries())
      row.push(character === other ? (above[at] as number) + 1 : Math.max(above[at + 1] as number, row[at] as number))
    above = row
  }
  return (above[y.length] as number) / Math.max(x.length, y.length)
}

function birthLevel(a: string, b: string): (typeof LEVELS.birthDate)[number] {
  if (a === b) return 'same'
  if (a.startsWith(`${b}-`) || b.startsWith(`${a}-`)) return 'partial'
  const [x, y] = [a.split('-'), b.split('-')]
  if (x.length !== 3 || y.length !== 3) return 'different'
  const isSwapped = x[0] === y[0] && x[1] === y[2] && x[2] === y[1]
  return isSwapped || x.filter((part, at) => part !== y[at]).length === 1 ? 'near' : 'different'
}

const REST_CHARACTERS_MIN = 3
/** where house numbers agree, and where there are none */
const REST_SHARE_MIN = { numbered: 0.5, plain: 0.7 }

function addressLevel(a: Address, b: Address): (typeof LEVELS.address)[number] {
  if (a.whole === b.whole) return 'same'
  const sameDistrict = a.district === b.district || a.district.endsWith(b.district) || b.district.endsWith(a.district)
  if (!sameDistrict) return 'different'
  const long = Math.min([...a.rest].length, [...b.rest].length) >= REST_CHARACTERS_MIN
  if (long && a.rest === b.rest) return 'same'
  if (long && beginsWithHouse(a.rest, b.rest)) return 'near'
  const numbers = numbersIn(a.rest)
  const least = REST_SHARE_MIN[numbers === '' ? 'plain' : 'numbered']
  if (long && numbers === numbersIn(b.rest) && likeness([...a.rest], [...b.rest]) >= least) return 'near'
  return a.district !== '' && b.district !== '' ? 'district' : 'different'
}

/** One goes on to the flat where the other ends with the house. */
function beginsWithHouse(a: string, b: string): boolean {
  const [short, whole] = a.length < b.length ? [a, b] : [b, a]
  // 1 is not the beginning of 12.
  const isCut = /\d$/.test(short) && /^\d/.test(whole.slice(short.length))
  return /\d/.test(short) && whole.startsWith(short) && !isCut
}

/** House numbers: another one is another house, however alike the rest. */
const numbersIn = (text: string): string => (text.match(/\d+/g) ?? []).join(' ')

/** Of different kinds nothing can be said: one has both. */
function documentLevel(a: string, b: string): (typeof LEVELS.document)[number][] {
  if (a === b) return ['same']
  const [x, y] = [a.split(':'), b.split(':')]
  if (x[0] !== y[0]) return []
  return [isSlip(x[1] ?? '', y[1] ?? '') ? 'near' : 'different']
}

const SLIP_CHARACTERS_MIN = 6

/** One character typed wrongly, left out or added, or two neighbours exchanged. */
export function isSlip(a: string, b: string): boolean {
  if (Math.min(a.length, b.length) < SLIP_CHARACTERS_MIN) return false
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++
  const [x, y] = [a.slice(start, a.length - end), b.slice(start, b.length - end)]
  return (x.length <= 1 && y.length <= 1) || (x.length === 2 && y.length === 2 && x[0] === y[1] && x[1] === y[0])
}
