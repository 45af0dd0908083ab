/** What a relative is to the patient, as a code: the words beside it are the sender's, who may have told there of anything. */
import { eachObject } from './each-object.ts'
import { isRelation } from './kin-words.ts'

const LABELS = ['text', 'display'] as const
/** Too short for a number or a name in pinyin. */
const CODE = /^[a-z0-9]{1,6}$/i
const HL7 = 'http://terminology.hl7.org/'

/** English, with no number in it that is anybody's. */
const ENGLISH = /^(?!.*\d{5})[a-z0-9 ,()/'-]{1,60}$/i

/** A coding of HL7's own, in the words of HL7 or in ours, whatever was sent. */
const isOfHl7 = (value: object): boolean => {
  if (!('system' in value && String(value.system).startsWith(HL7))) return false
  return Object.entries(value).every(([name, member]) => name === 'system' || (typeof member === 'string' && ENGLISH.test(member)))
}

/** Of something that is a relation, or several, and nothing else. */
export const plainRelation = (value: unknown): unknown =>
  eachObject(value, (one) => {
    if (isOfHl7(one)) return one
    if (typeof one.code === 'string' && !CODE.test(one.code) && !isRelation(one.code)) return undefined
    const left = { ...one }
    for (const label of LABELS) if (typeof left[label] === 'string' && !isRelation(left[label])) delete left[label]
    const names = Object.keys(left)
    return names.length === 0 ? undefined : names.length === Object.keys(one).length ? one : left
  })
