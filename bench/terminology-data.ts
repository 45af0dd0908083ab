/** A million codes as an insurance catalogue has them, the same each time, and what people type to find one of them. */
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { syllablesOf } from '../server/terminology-service/words.ts'

const CHARACTERS =
  '急慢性化脓阑尾炎伴穿孔注射用头孢曲松钠高血压糖尿病肾骨折关节置换心肌梗死脑肺肝胆胃肠癌瘤结核感染综合征先天畸形出障碍功能不全损伤后遗症左右上下肢复发多单侧原继周围神经动静脉瓣膜狭窄闭锁缺片胶囊颗粒口服液缓释控滴眼软膏氨氯地平阿司匹林美托洛尔二甲双胍格列'
/** Words of two or three characters; the first ones come most often. */
const WORDS = 1500
/** In three displays of ten. */
const COMMON = '片'

/** Numbers that look random and are the same each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
    return Math.floor((state / 0x8000_0000) * below)
  }
}

const next = numbers(1)
const character = () => CHARACTERS.charAt(next(CHARACTERS.length))
const words = Array.from({ length: WORDS }, () => character() + character() + (next(3) === 0 ? character() : ''))
const word = () => words[next(1 + next(WORDS))] ?? ''

/** As the catalogue's codes: groups of which the first letters tell. */
export const codeAt = (n: number): string => `XA${String(n % 97).padStart(2, '0')}B${String(n).padStart(15, '0')}`

/** @returns one display of each thousand */
export async function writeTable(file: string, codes: number): Promise<string[]> {
  const out = createWriteStream(file)
  const displays: string[] = []
  out.write('药品代码,注册名称,注册剂型,药品企业,批准文号\n')
  for (let n = 0; n < codes; n++) {
    const display = Array.from({ length: 2 + next(3) }, word).join('') + (next(10) < 3 ? COMMON : '')
    if (n % 997 === 0) displays.push(display)
    const line = `${codeAt(n)},${display},${words[next(30)]},企业${next(3000)},国药准字H${n}\n`
    if (!out.write(line)) await once(out, 'drain')
  }
  out.end()
  await finished(out)
  return displays
}

const initials = (text: string) =>
  syllablesOf(text)
    .map((one) => one.charAt(0))
    .join('')
const spoken = (text: string) => syllablesOf(text).join('')

export const OF_ONE_FORM = 'two characters, in a set with a filter'
export const LATER_PAGE = 'two characters, a later page'
/** The form of one code in thirty. */
export const ONE_FORM = words[0] ?? ''

/** By kind; of each kind no two the same. */
export function filtersOf(displays: readonly string[], each: number): Record<string, string[]> {
  const part = (display: string, length: number) => {
    const from = next(Math.max(1, display.length - length))
    return display.slice(from, from + length)
  }
  const kinds: Record<string, (display: string, n: number) => string> = {
    'two characters': (display) => part(display, 2),
    'three characters': (display) => part(display, 3),
    'four characters': (display) => part(display, 4),
    'initials, three': (display) => initials(part(display, 3)),
    'initials, five': (display) => initials(part(display, 5)),
    'full pinyin, two syllables': (display) => spoken(part(display, 2)),
    'full pinyin, three syllables': (display) => spoken(part(display, 3)),
    'two words': (display) => `${display.slice(0, 2)} ${display.slice(-2)}`,
    'one character': (display) => part(display, 1),
    [OF_ONE_FORM]: (display) => part(display, 2),
    [LATER_PAGE]: (display) => part(display, 2),
    'beginning of a code, short': (_display, n) => codeAt(n * 97 + n).slice(0, 2 + (n % 6)),
    'beginning of a code, long': (_display, n) => codeAt(n * 997).slice(0, 17),
    'nothing is found': (display, n) =>
      ['魑魅', `${part(display, 2)}魑`, 'qqqq', `zz${n}`, `${spoken(part(display, 2))}qx`][n % 5] as string,
  }
  return Object.fromEntries(
    Object.entries(kinds).map(([name, kind]) => {
      const all = new Set(name === 'one character' ? [COMMON] : [])
      for (let n = 0; n < displays.length && all.size < each; n++) all.add(kind(displays[n] ?? '', n))
      return [name, [...all].filter((text) => text !== '')]
    }),
  )
}
