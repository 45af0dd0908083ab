/** OBX to cn-observation-lab. */
import type { Observation } from '@medplum/fhirtypes'
import { flagContradicts } from '../../engine/lab-item.ts'
import { type Mapping, mapping } from '../../engine/mapping.ts'
import { localConcept } from '../../engine/mention.ts'
import type { Run } from '../../engine/rule.ts'
import type { ResourceKey } from '../../engine/types.ts'
import { referTo } from '../../engine/keys.ts'
import type { Segment } from '../../parsers/hl7v2.ts'
import { filled } from '../../engine/values/blank.ts'
import { HL7_FLAGS } from '../../engine/values/interpretation.ts'
import { plainText } from '../../engine/values/text.ts'
import { type Fields, fieldsOf } from './fields.ts'
import { isImpression, resultItem } from './result-item.ts'
import { answersOf, type Triplet, typedValue, valueText } from './result-value.ts'
import type { ResultCodes } from './result-number.ts'
import { isWithdrawn, REPORT_STATUS } from './report-status.ts'
import { KINDS, perKind, type ReportKind, resultKeyOf } from './report-kind.ts'
import { visitClass } from './visit.ts'

export const OBX = [
  'OBX-2',
  'OBX-3.1',
  'OBX-3.2',
  'OBX-4',
  'OBX-5',
  'OBX-6',
  'OBX-7',
  'OBX-8',
  'OBX-11',
  'OBX-14',
  'OBX-16.1',
  'OBX-16.2',
  'OBX-17.1',
  'OBX-17.2',
] as const

export type ResultRow = Fields<(typeof OBX)[number]> & {
  reportNo?: string
  /** OBX-3.1, made unique within the report where an item comes twice */
  itemCode?: string
  /** the same with the number that counts lines, and without the one that tells results apart (result-number.ts) */
  numbered?: string
  plain?: string
  first?: string
  line?: ResultCodes['line']
  timed?: ResultCodes['timed']
  'OBR-7'?: string
  'OBR-22'?: string
  'OBR-25'?: string
  'PV1-2.1'?: string
  'PV1-19.1'?: string
  notes: string[]
  flags: string[]
  /** OBX-3 and what it is called otherwise */
  item: Triplet[]
  /** a coded value, repetition by repetition */
  answers: Triplet[][]
  /** what it was measured in, where that is one */
  specimen?: ResourceKey
  /** the culture's result on which an antibiotic was tested */
  organism?: ResourceKey
}

const TEXTS = new Set(['TX', 'FT'])

/**
 * The fields of an OBX, with the value and the unit as one text whatever their data type is.
 * @param lines further ones that go on with its text
 */
export function resultFields(obx: Segment, lines: readonly Segment[] = []): Fields<(typeof OBX)[number]> {
  const row = fieldsOf(obx, OBX)
  const type = row['OBX-2'] ?? ''
  const unit = unitText(obx)
  if (unit === '') delete row['OBX-6']
  else row['OBX-6'] = unit
  if (TEXTS.has(type)) row['OBX-5'] = [obx, ...lines].map(textOf).join('\n')
  else if (type === 'SN') row['OBX-5'] = Array.from({ length: obx.components(5) }, (_, at) => obx.text(5, at + 1)).join('')
  else {
    const text = valueText(obx, answersOf(obx))
    if (text === '') delete row['OBX-5']
    else if (text !== undefined) row['OBX-5'] = text
  }
  return row
}

const textOf = (obx: Segment): string => Array.from({ length: obx.repetitions(5) }, (_, at) => obx.raw(5, at)).join('\n')

/** Fields that a further line of a text only repeats. */
export function fieldsAlike(obx: Segment, line: Segment): string[] {
  const [said, again] = [obx, line].map((one) => fieldsOf(one, OBX))
  return OBX.filter((name) => again?.[name] !== undefined && again[name] === said?.[name])
}

/** OBX-8 repeats, and is a coded element from v2.7 on. */
export const flagsOf = (obx: Segment): string[] =>
  Array.from({ length: obx.repetitions(8) }, (_, at) => filled(obx.text(8, 1, at)) ?? filled(obx.text(8, 2, at))).filter(
    (flag) => flag !== undefined,
  )

/** Names of what an examination comes to; the diagnosis of whoever asked for it is another thing. */
const IMPRESSION = /(?<!临床|入院|申请)诊断|结论|印象|意见|提示/

/** What an examination comes to: its texts of that name or with the suffix IMP (HL7 v2.4, 7.1.3); all of them where none has it. */
export function impressionsOf(results: readonly Segment[]): string[] {
  const texts = results.filter((obx) => TEXTS.has(obx.text(2, 1)) || obx.text(2, 1) === 'ST' || isImpression(obx))
  const named = texts.filter((obx) => isImpression(obx) || IMPRESSION.test(obx.text(3, 2)))
  return (named.length > 0 ? named : texts).map((obx) => plainText(filled(resultFields(obx)['OBX-5']) ?? '')).filter((text) => text !== '')
}

/** HL7 table 0125, value types of OBX-2, of the versions up to 2.7. */
const VALUE_TYPES = new Set(
  'AD CE CF CK CN CNE CP CWE CX DR DT DTM ED FT ID IS MA MO NA NM PN RP SI SN ST TM TN TS TX XAD XCN XON XPN XTN'.split(' '),
)

/** OBX-2 must say what OBX-5 is when it is filled; without it, whether `5.4` is a number or a number's look is a guess. */
function isUntyped(run: Run): boolean {
  const type = run.text('OBX-2')
  if (type !== undefined && VALUE_TYPES.has(type)) return false
  run.flaw('OBX-2', type === undefined ? 'mapping-required' : 'mapping-value-unknown')
  return true
}

/** `10^9/L` is sent with its `^` as it is, `g/L^克每升^L` as a coded element. */
function unitText(obx: Segment): string {
  const whole = obx.whole(6)
  return /^[x×*]?10\^\d/i.test(whole.trim()) ? whole : obx.text(6, 1)
}

const rowOf = (run: Run): ResultRow => run.row as unknown as ResultRow

function resultMapping(kind: ReportKind): Mapping<ResultRow> {
  const { results } = KINDS[kind]
  const keyOf = (run: Run, reportNo: string | undefined, item: string | undefined): ResourceKey | undefined =>
    reportNo === undefined || item === undefined ? undefined : resultKeyOf(kind, run.scope, reportNo, item)
  return mapping<ResultRow, Observation>({
    source: 'hospital/hl7v2/OBX',
    to: 'Observation',
    ...(kind === 'laboratory' && { profile: 'cn-observation-lab-minimal' }),
    id: (row, run) => keyOf(run, row.reportNo, row.itemCode),
    numbered: (row, run) => keyOf(run, row.reportNo, row.numbered),
    plain: (row, run) => keyOf(run, row.reportNo, row.plain),
    first: (row, run) => keyOf(run, row.reportNo, row.first),
    line: (row) => row.line,
    timed: ({ reportNo, timed, ...row }, run) => {
      const [key, plain] = [timed?.code, timed?.plain].map((code) => keyOf(run, reportNo, code))
      return timed && key && plain && { at: timed.at, key, plain, corrects: corrects(filled(row['OBX-11']) ?? filled(row['OBR-25'])) }
    },
    withdrawn: (row) => isWithdrawn(row['OBX-11']),
    rules: (from) => {
      const result = from.labResult('OBX-5', 'OBX-6', {
        flag: 'OBX-8',
        range: 'OBX-7',
        digits: HL7_FLAGS,
        isNumber: (run) => run.text('OBX-2') === 'NM',
        isUntyped,
        typed: (run) => typedValue(run, run.text('OBX-2') ?? '', rowOf(run).answers),
        flags: (run) => rowOf(run).flags,
      })
      return {
        // A standing that nobody knows may be "not yet": it is not that of the report.
        status: from
          .choice('OBX-11', RESULT_STATUS)
          .or(from.choice('OBR-25', RESULT_STATUS).when((run) => run.text('OBX-11') === undefined))
          .default('unknown'),
        category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', ...results }] }],
        code: from.value(['OBX-3.1', 'OBX-3.2'], (row, run) => resultItem(run, kind, row.item, row['OBX-6'])).required(),
        subject: from.patient(),
        encounter: from.encounter(
          'PV1-19.1',
          from.value('PV1-2.1', (row, run) => visitClass(row['PV1-2.1'], run)),
        ),
        // The time that matters clinically is when the specimen was taken; the time of the analysis is when the result was there.
        effectiveDateTime: from.dateTime('OBR-7'),
        specimen: from.value('specimen', (row) => (row.specimen ? referTo(row.specimen) : undefined)),
        derivedFrom: [from.value('organism', (row) => (row.organism ? referTo(row.organism) : undefined))],
        issued: from.instant('OBX-14', 'OBR-22'),
        performer: [from.practitioner('OBX-16.1', 'OBX-16.2')],
        method: from.value(['OBX-17.1', 'OBX-17.2'], (row, run) => {
          const code = row['OBX-17.1'] ?? row['OBX-17.2']
          return code === undefined ? undefined : localConcept(run.scope, 'lab-method', code, row['OBX-17.2'])
        }),
        note: from.value('notes', (row) => (row.notes.length > 0 ? row.notes.map((text) => ({ text })) : undefined)),
        ...result,
        interpretation: result.interpretation.as((flags, run) => {
          if (flagContradicts(run.text('OBX-5'), run.text('OBX-7'), flags)) run.flaw('OBX-8', 'mapping-conflict')
          return flags
        }),
      }
    },
  })
}

/** Of what was reported before (HL7 table 0085). */
const corrects = (standing: string | undefined): boolean => standing === 'C' || isWithdrawn(standing)

const RESULT_STATUS = { ...REPORT_STATUS, A: 'amended', U: 'final', S: 'preliminary', N: 'cancelled' } as const

export const RESULTS = perKind(resultMapping)
