/** What stands in the place of a substance where there is none: that no allergy is known, or that one was denied (R4, AllergyIntolerance 9.3.5). */
import type { AllergyIntolerance } from '@medplum/fhirtypes'
import { keys } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import { toHalfWidth } from '../../engine/values/text.ts'
import { table } from '../../engine/values/table.ts'

/** Kinds of allergies of which none is known; the codes are those of the International Patient Summary. */
export type NoneKnown = 'no-known-allergies' | 'no-known-medication-allergies' | 'no-known-food-allergies'

export type Denial = { none: readonly NoneKnown[] } | { substance: string } | 'unknown'

const ABBREVIATIONS: Readonly<Record<string, NoneKnown>> = table({
  NKA: 'no-known-allergies',
  'NO KNOWN ALLERGY': 'no-known-allergies',
  'NO KNOWN ALLERGIES': 'no-known-allergies',
  'NONE KNOWN': 'no-known-allergies',
  NKDA: 'no-known-medication-allergies',
  NKMA: 'no-known-medication-allergies',
  NKFA: 'no-known-food-allergies',
})
const KINDS: Readonly<Record<string, NoneKnown>> = table({
  药物: 'no-known-medication-allergies',
  药品: 'no-known-medication-allergies',
  药: 'no-known-medication-allergies',
  食物: 'no-known-food-allergies',
  食品: 'no-known-food-allergies',
})
const UNKNOWN = /^(?:不详|未知|不清楚?|未询问|UNKNOWN|UNK)$/
const DENIED = /^(?:无|否认|没有|未发现|未见|暂无)(?:已知|明显|明确|任何|特殊)?的?(.*?)(?:过敏)?(?:史|原|反应)?$/
const PLAIN = /^(?!.*过敏)[^,，。;；:：()（）\s但对除有]{1,20}$/
/** `药物、食物`, `食物及药物`: kinds and nothing else */
const LISTED = /^(?:药物|药品|药|食物|食品)(?:[、,，及和与或/](?:药物|药品|药|食物|食品))*$/

/** undefined: it names what the patient must not be given. */
export function denialIn(said: string): Denial | undefined {
  const text = toHalfWidth(said)
    .replace(/[。.;；]$/, '')
    .trim()
    .toUpperCase()
  const short = ABBREVIATIONS[text]
  if (short) return { none: [short] }
  if (UNKNOWN.test(text)) return 'unknown'
  const [, what] = DENIED.exec(text) ?? []
  if (what === undefined) return undefined
  if (what === '') return { none: ['no-known-allergies'] }
  if (LISTED.test(what)) return { none: [...new Set(what.split(/[、,，及和与或/]/).map((kind) => KINDS[kind] as NoneKnown))] }
  // `无花果` is a fruit; behind `无过敏史，但` comes what the patient must not be given.
  const isDenied = text.startsWith('否认') || text.endsWith('过敏') || /过敏(?:史|反应)$/.test(text)
  return isDenied && PLAIN.test(what) ? { substance: what } : undefined
}

const DISPLAYS: Readonly<Record<NoneKnown, string>> = {
  'no-known-allergies': 'No known allergies',
  'no-known-medication-allergies': 'No known medication allergies',
  'no-known-food-allergies': 'No known food allergies',
}
const CATEGORIES: Partial<Record<NoneKnown, 'medication' | 'food'>> = {
  'no-known-medication-allergies': 'medication',
  'no-known-food-allergies': 'food',
}
const NONE_KNOWN = 'http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips'
const CLINICAL = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical'
const VERIFICATION = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification'

export interface DenialRow {
  patientNo?: string
  /** as it was sent */
  text: string
  none?: NoneKnown
  substance?: string
  /** when it was said */
  said: string
}

/** It has a key of its own, so that it never says anything of an allergy that was found. */
const keyOf = (scope: string, patientNo: string | undefined, denied: string | undefined) =>
  patientNo === undefined || denied === undefined ? undefined : keys.allergy(scope, patientNo, denied)

export const noneKnown = mapping<DenialRow, AllergyIntolerance>({
  source: 'hospital/hl7v2/AL1',
  to: 'AllergyIntolerance',
  id: (row, run) => keyOf(run.scope, row.patientNo, row.none),
  rules: (from) => ({
    clinicalStatus: { coding: [{ system: CLINICAL, code: 'active' }] },
    category: [from.value('none', (row) => CATEGORIES[row.none as NoneKnown])],
    code: {
      coding: [
        from.value('none', ({ none }) =>
          none === undefined ? undefined : { system: NONE_KNOWN, code: none, display: DISPLAYS[none as NoneKnown] },
        ),
      ],
      text: from.text('text').required(),
    },
    patient: from.patient(),
    recordedDate: from.text('said'),
  }),
})

export const refuted = mapping<DenialRow, AllergyIntolerance>({
  source: 'hospital/hl7v2/AL1',
  to: 'AllergyIntolerance',
  id: (row, run) => keyOf(run.scope, row.patientNo, row.substance === undefined ? undefined : `not ${row.substance}`),
  rules: (from) => ({
    clinicalStatus: { coding: [{ system: CLINICAL, code: 'inactive' }] },
    verificationStatus: { coding: [{ system: VERIFICATION, code: 'refuted' }] },
    code: { text: from.text('substance').required() },
    patient: from.patient(),
    recordedDate: from.text('said'),
    note: [{ text: from.text('text') }],
  }),
})
