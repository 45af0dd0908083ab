/**
 * What a resource of an AIG segment is (HL7 v2.5.1, 10.6.5): one of any kind, of which AIG-4 says which, or AIG-5, the group that it is one of. The tables of both
 * are the hospital's own, so that only the words in them tell; codes without a word a site translates in its values.csv.
 */
import { filled } from '../../engine/values/blank.ts'
import { cleanText, toHalfWidth } from '../../engine/values/text.ts'
import type { Segment } from '../../parsers/hl7v2.ts'

export const ACTOR_TYPES = ['Practitioner', 'Location', 'Device'] as const
export type ActorType = (typeof ACTOR_TYPES)[number]

/** In this order: 麻醉机 is no 麻醉, 护士站 is a place, and so is 医生诊室. */
const WORDS: readonly (readonly [type: ActorType, words: RegExp])[] = [
  ['Device', /设备|仪器|器械|耗材|机器|[^医]机$|^机$|仪$|\b(?:device|equipment|machine|scanner|instrument)s?\b/i],
  [
    'Location',
    /诊室|诊间|机房|手术室|手术间|手术台|治疗室|检查室|房间|病房|病区|床位|位置|地点|场所|室$|(?<!时)间$|[站台]$|(?<!临)床$|\b(?:room|location|theat(?:re|er)|clinic|bed|place)s?\b/i,
  ],
  [
    'Practitioner',
    /医[生师]|大夫|专家|护[士师]|技[师士]|药师|麻醉|主刀|术者|助手|助理|人员|员工|职工|\b(?:doctor|doc|dr|md|physician|provider|practitioner|surgeon|nurse|technician|radiologist|an(?:a)?esthe(?:tist|siologist)|staff|person(?:nel)?)s?\b/i,
  ],
]

const [TYPE, GROUP] = [4, 5]

/** Whether neither of the two says anything. */
export const isUnspoken = (aig: Segment): boolean => [TYPE, GROUP].every((field) => wordsOf(aig, field).length === 0)

/** What AIG-4 says that it is, else AIG-5. Where neither says anything it is equipment, which most have no segment of their own for; undefined: nobody knows the word. */
export function actorTypeOf(aig: Segment): ActorType | undefined {
  if (isUnspoken(aig)) return 'Device'
  for (const words of [wordsOf(aig, TYPE), wordsOf(aig, GROUP)]) {
    const known = WORDS.find(([, pattern]) => words.some((word) => pattern.test(word)))
    if (known) return known[0]
  }
  return undefined
}

/** Code and name of each repetition, in Latin letters without what joins them. */
const wordsOf = (aig: Segment, field: number): string[] =>
  Array.from({ length: aig.repetitions(field) }, (_, at) => [aig.text(field, 1, at), aig.text(field, 2, at)])
    .flat()
    .flatMap((text) => filled(text) ?? [])
    .map((text) => toHalfWidth(cleanText(text)).replaceAll('_', ' '))
    .filter((text) => text !== '')
