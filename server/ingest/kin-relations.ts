/** What a relative is to the patient, as a code: the words beside it are the sender's, who may have told there of anything. */
import { structureDefinition } from '../fhir/canonical.ts'
import { TABLES } from '../../mappings/engine/systems.ts'
import { eachObject, type Json } from './each-object.ts'
import { isRelation } from './kin-words.ts'

const SIGNATORY = structureDefinition('cn-signatory-relation')
const LABELS = ['text', 'display'] as const
/** Too short for a number or a name in pinyin. */
const CODE = /^[a-z0-9]{1,6}$/i
const HL7 = 'http://terminology.hl7.org/'

/** English, with no number in it that is anybody's. */
const ENGLISH = /^(?!.*\d{5})[a-z0-9 ,()/'-]{1,60}$/i

/** A coding of HL7's own, in the words of HL7 or in ours, whatever was sent. */
export const isOfHl7 = (value: object): boolean => {
  if (!('system' in value && String(value.system).startsWith(HL7))) return false
  return Object.entries(value).every(([name, member]) => name === 'system' || (typeof member === 'string' && ENGLISH.test(member)))
}

/** A value with its relations, as far as they can be seen to be such, without words that say more than the relation. */
export const plainRelations = (value: unknown): unknown =>
  eachObject(value, (one) => {
    if (one.url === SIGNATORY) return { ...one, valueCodeableConcept: plainRelation(one.valueCodeableConcept) }
    const codings = Array.isArray(one.coding) ? (one.coding as Json[]) : []
    return codings.some(({ system }) => system === TABLES.familyRelation) ? (plainRelation(one) as Json | undefined) : one
  })

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
