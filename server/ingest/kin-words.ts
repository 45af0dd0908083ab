/** By what a relative is known in texts: her names, telephones and identity number, however they are spelt. */
import { fold, isHan } from '../search/fold.ts'
import { pinyinForms } from '../search/pinyin.ts'
import { givenNameIn } from '../search/surnames.ts'
import { identityNumbersIn } from './number-search.ts'

/** What a record and the server know of her. */
export interface KinWords {
  names: readonly string[]
  phones: readonly string[]
  /** normalised */
  legals: readonly string[]
}

const PHONE_DIGITS_MIN = 7
const PART_CHARACTERS_MIN = 2
const COUNTRY = /^(?:00)?86(?=\d{8})/
const MARKUP = /<[^<>]*>/g
const UNSEEN = /\p{Cf}/gu
const ESCAPED = /\\(?:u[0-9a-f]{4}|.)/gi
const REFERENCE = /&#(?:x([0-9a-f]{1,6})|(\d{1,7}));/gi
const CODE_POINT_MAX = 0x10ffff
/** Numerals as they are written out or read out, each under its value. */
const NUMERALS = ['〇零', '一壹幺', '二贰', '三叁', '四肆', '五伍', '六陆', '七柒', '八捌', '九玖']
const VALUES: ReadonlyMap<string, string> = new Map(NUMERALS.flatMap((all, value) => [...all].map((one) => [one, String(value)] as const)))
const NUMERAL = new RegExp(`[${NUMERALS.join('')}]`, 'g')

const TITLES = '女士|小姐|太太|夫人|先生|某|氏|阿姨|大姐|大妈|大嫂|嫂|姐|妹|奶奶|婆婆|妈|老太|同志|老师'

/** Nothing but what somebody is to the patient, as GB/T 4761 says it, or as people say it. */
const RELATION =
  /^(?:本人|患者|户主|配偶|爱人|丈?夫|妻子?|(?:独生|[长次三四五养继])?[子女]|儿子|女儿|女婿|儿媳|外?孙[子女]|父母|父亲?|母亲?|公公|婆婆|[岳养继][父母]|外?祖[父母]|[兄弟姐妹嫂]|哥哥|弟[弟媳]|姐[姐夫]|妹[妹夫]|[伯舅姑][父母]|叔父|婶母|姨[夫母]|侄[子女]|外甥女?|家属|亲属|朋友|监护人|代理人|委托人|其他(?:亲属)?|非亲属)$/

/** Whether a text says what somebody is to the patient, and nothing else of her. */
export const isRelation = (text: string): boolean => RELATION.test(text.trim())

const decoded = (text: string): string =>
  text.replace(REFERENCE, (whole, hex?: string, decimal?: string) => {
    const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    return point <= CODE_POINT_MAX ? String.fromCodePoint(point) : whole
  })

/** As search folds it, word by word: in simplified characters, of one width and case, without marks. JSON and XML escape in it. */
const plainOf = (text: string): string =>
  decoded(text.replace(ESCAPED, ' ').replaceAll('&amp;', '&')).replace(UNSEEN, '').split(/\s+/).map(fold).join(' ')

const inDigits = (text: string): string => text.replace(NUMERAL, (one) => VALUES.get(one) as string)
const joinedOf = (plain: string): string => plain.replace(/[^\p{L}\p{N}]/gu, '')
const digitsOf = (plain: string): string => plain.replace(/\D/g, '')

/** The text in the ways in which it may be read: markup may part a name, and what stands between two angles is not always markup. */
function readingsOf(text: string): string[] {
  const plain = plainOf(text)
  const all = [plain, plainOf(text.replace(MARKUP, ''))]
  return [...new Set([...all, ...all.map(inDigits)])]
}

/** Of an identity number its digits without the check character, and those that it had before 1999. */
const spellingsOf = (number: string): string[] => [number.slice(0, 17), `${number.slice(0, 6)}${number.slice(8, 17)}`]

/** What in joined texts is her name, or so much of it that people who know her know who is meant. */
function wordsOf(name: string): string[] {
  const whole = joinedOf(plainOf(name))
  const given = joinedOf(givenNameIn(whole))
  const parts = plainOf(name.replace(/[·・•‧.．]/g, ' '))
    .split(' ')
    .map(joinedOf)
  return [whole, ...[given, ...parts].filter((part) => isHan(part) && part.length >= PART_CHARACTERS_MIN)]
}

/** Her surname with a title. */
function titlesOf(name: string): RegExp[] {
  const whole = joinedOf(plainOf(name))
  const surname = whole.slice(0, whole.length - givenNameIn(whole).length)
  if (!isHan(whole) || surname === whole) return []
  return [new RegExp(`${surname}(?:${TITLES})|[姓老]${surname}`)]
}

/** Her name in pinyin, in either order, with tones or without, and in pieces. */
function pinyinOf(name: string): RegExp[] {
  const whole = joinedOf(plainOf(name))
  if (!isHan(whole)) return []
  const given = givenNameIn(whole)
  const read = (text: string, isName: boolean): string[] => pinyinForms(text, isName).filter((form) => form.length > text.length)
  const surnames = read(whole.slice(0, whole.length - given.length), true)
  const turned = read(given, false).flatMap((first) => surnames.map((last) => first + last))
  const alone = given.length >= PART_CHARACTERS_MIN ? read(given, false) : []
  return [...read(whole, true), ...turned, ...alone].map(
    (form) => new RegExp(`(?<![a-z0-9])${[...form].join('[^a-z\\p{Script=Han}"]{0,3}')}(?![a-z])`, 'u'),
  )
}

/** Whether a value names her. In doubt it does: a name that is part of another word, digits that only happen to follow each other. */
export function namingOf({ names, phones, legals }: KinWords): (value: unknown) => boolean {
  const numbers = phones.map((phone) => digitsOf(plainOf(phone)).replace(COUNTRY, ''))
  const short = phones.filter((phone) => digitsOf(plainOf(phone)).length < PHONE_DIGITS_MIN).map((phone) => joinedOf(plainOf(phone)))
  const words = [...names.flatMap(wordsOf), ...short].filter((word) => word !== '')
  const [titles, spelt] = [names.flatMap(titlesOf), names.flatMap(pinyinOf)]
  const sequences = [...numbers.filter((number) => number.length >= PHONE_DIGITS_MIN), ...legals.flatMap(spellingsOf)]
  return (value) => {
    const text = JSON.stringify(value) ?? ''
    for (const plain of readingsOf(text)) {
      const joined = joinedOf(plain)
      if (words.some((word) => joined.includes(word)) || titles.some((title) => title.test(joined))) return true
      if (spelt.some((name) => name.test(plain))) return true
      const digits = digitsOf(plain)
      if (sequences.some((sequence) => digits.includes(sequence))) return true
    }
    return identityNumbersIn(Buffer.from(text)).some((number) => legals.includes(number))
  }
}
