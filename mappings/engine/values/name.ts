/** Names of persons: kept as sent, with what can be said of them (formats.md D11, D14, D46). */
import { cleanText } from './text.ts'

export interface PersonName {
  text: string
  /** some characters are masked, or it is a placeholder for an unknown person: never link by it */
  masked: boolean
  /** `王芳之女`, `王芳之子1`: a newborn under its mother's name */
  newbornOf?: string
}

const MASKED = /[*＊●○×□?？]|^某|某某?$|^(?:无名氏|未知|不详|匿名|测试|患者)\d*$/
const NEWBORN = /^(.{2,20}?)之(?:大|小|长|次|二|三)?(?:子|女|婴|儿)[\d一二三甲乙AB]*$/

export function readName(sent: string): PersonName {
  const text = cleanText(sent)
  const mother = NEWBORN.exec(text)?.[1]
  return { text, masked: MASKED.test(text), ...(mother && { newbornOf: mother }) }
}

/** For comparing: no spaces, one kind of middle dot, half width, lower case. Traditional forms are folded by the linker. */
export function foldName(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/\s+/g, '')
    .replace(/[··•‧・.]/g, '·')
    .toLowerCase()
}
