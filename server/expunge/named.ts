/** Whether a text of somebody else names a person who is deleted by law: by an id as references and searches have it, or by a number. */
import type { Subject } from './types.ts'

export type Names = (text: string) => boolean

/** Ids that the server gives are met by nobody by chance, wherever they stand. */
const LONG = 20

/**
 * `text` is JSON text, or a part of it. An id may be short, and a part of another: it counts where a reference, a criterion or a whole value is it.
 * @param subject ids of its Patients, identity numbers
 */
export function namesOf({ patients, texts }: Pick<Subject, 'patients' | 'texts'>): Names {
  if (patients.length + texts.length === 0) return () => false
  const ids = patients.map((id) => {
    const before = id.length < LONG ? '(?:Patient/|[=,"])' : '(?<![A-Za-z0-9.-])'
    return `${before}${id.replaceAll('.', '\\.')}(?![A-Za-z0-9.-])`
  })
  const named = new RegExp(ids.join('|') || '(?!)')
  return (text) => {
    const plain = decoded(text)
    return texts.some((one) => plain.includes(one)) || named.test(plain)
  }
}

/** Characters of addresses that were sent encoded; whatever else is encoded stays. */
const decoded = (text: string): string =>
  text.replaceAll(/%([2-7][0-9a-f])/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
