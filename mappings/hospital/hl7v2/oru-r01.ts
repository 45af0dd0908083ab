/**
 * Results, ORU^R01 and those of a point of care (ORU^R30 to R32), of automated laboratories (OUL^R21 to R24): one DiagnosticReport per report number,
 * with its results, specimen and request.
 */
import type { RunOptions } from '../../engine/mapping.ts'
import type { MappedRecord, MappingContext, RejectedRecord, ResourceKey } from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { instantOf, readDateTime } from '../../engine/values/date.ts'
import { plainText } from '../../engine/values/text.ts'
import type { Hl7Record, Segment } from '../../parsers/hl7v2.ts'
import { fieldsOf, locate, segmentOf } from './fields.ts'
import { type Message, openMessage, receiptAlone, runPatient, settledMessage, statedAt, warning } from './message.ts'
import { OBR, ORC, REPORTS, type ReportRow, request } from './report.ts'
import { type Panel, type PanelResult, type ReportGroup, reportGroups, withoutControls } from './report-groups.ts'
import { kindOf, type ReportKind } from './report-kind.ts'
import { isWithdrawn } from './report-status.ts'
import { fieldsAlike, flagsOf, impressionsOf, RESULTS, resultFields, type ResultRow } from './result.ts'
import { itemFields, itemsOf } from './result-item.ts'
import { areLines, ResultNumbers } from './result-number.ts'
import { answersOf } from './result-value.ts'
import { embeddedDocument } from './embedded-document.ts'
import { namedControls, SPECIMENS, specimenFieldsRead, specimenLocator, specimenRow, type SpecimenSegments } from './specimen.ts'

export const RESULT_MESSAGES = ['ORU^R01', 'ORU^R30', 'ORU^R31', 'ORU^R32', 'OUL^R21', 'OUL^R22', 'OUL^R23', 'OUL^R24']

export function mapOru(hl7: Hl7Record, recordType: string, at: string, context: MappingContext): MappedRecord | RejectedRecord {
  const all = reportGroups(hl7)
  const groups = withoutControls(all)
  // An analyser that reports how its controls came out names no patient.
  if (groups.length === 0 && all.length > 0) return receiptAlone(hl7, recordType, at, context, namedControls(hl7))
  const message = openMessage(hl7, recordType, at, context)
  if (!('record' in message)) return message
  runPatient(message)
  for (const issue of namedControls(hl7)) message.record.issue(issue)
  const cultures: Cultures = new Map()
  // Controls and the patients ahead of this one are counted with his results.
  const isNumbered = areLines(all.flatMap(ofNoParent).flat(), hl7.patient !== undefined)
  for (const group of groups) runReport(message, group, { cultures, isNumbered })
  return settledMessage(message)
}

/** Results so far by report, item and sub-id: on what was grown, antibiotics are tested. */
type Cultures = Map<string, ResourceKey>

interface OfMessage {
  cultures: Cultures
  /** OBX-4 counts the lines of the message */
  isNumbered: boolean
}

/** Results of each panel but of those that were run on another result. */
const ofNoParent = ({ panels }: ReportGroup): Segment[][] =>
  panels.flatMap(({ obr, results }) => (parentOf(obr) === undefined ? [results.map(({ obx }) => obx)] : []))

function runReport(message: Message, group: ReportGroup, ofMessage: OfMessage): void {
  const { record, hl7 } = message
  const row = reportRow(message, group)
  const at = reportLocator(hl7, group)
  if (group.reportNo === undefined) {
    record.issue({ severity: 'error', code: 'mapping-required', at: at('reportNo') })
    return
  }
  const stated = statedAt(record, record.context, [row['OBR-22'] ?? '', at('OBR-22')]) ?? message.sentAt
  const kind = kindOf(filled(row['OBR-24']))
  const order = orderOf(message, row['OBR-25'])
  const options = { statedAt: stated, order, offer: false as const }
  const specimens = runSpecimens(message, group, row, { ...options, kind })
  row.specimens = [...new Map([...specimens.values()].map((key) => [JSON.stringify(key), key])).values()]
  runResults(message, group, row, { ...options, kind, specimens, ...ofMessage })
  const voidsResults = group.panels.every(({ results }) => results.length === 0)
  record.run(REPORTS[kind], row, { ...options, at, voidsResults })
  record.run(request, row, { ...options, at })
  noteRemarksRead(message, group)
  const [{ orc }] = group.panels
  if (orc) record.noteRead(...['ORC-1', 'ORC-2', 'ORC-3', 'ORC-5'].map(locate(hl7, orc)))
  for (const { obr } of group.panels) record.noteRead(...['OBR-2', 'OBR-3', 'OBR-25'].map(locate(hl7, obr)))
  if (sampledAfterReport(record.context, row)) record.issue(warning('mapping-date-order', at('OBR-22')))
}

/** Later standings of HL7 table 0123 go before earlier ones that were said at the same time. */
const STANDINGS = ['O', 'I', 'S', 'R', 'P', 'A', 'F', 'C', 'X', 'W', 'D']

/** Two messages about one report time: the one sent later goes before; of two sent at once a correction before what it corrects. */
function orderOf({ sentAt }: Message, standing: string | undefined): string {
  const place = STANDINGS.indexOf(filled(standing) ?? '') + 1
  // As texts are sorted: 910 behind 9. The others stay as they are kept.
  return `${sentAt}|${place > 9 ? '9' : ''}${place}`
}

/** OBR-25 of a report with several panels: what was withdrawn of it does not withdraw the rest, and what is open leaves it open. */
function standingOf({ panels }: ReportGroup): string | undefined {
  const all = panels.map(({ obr }) => filled(obr.text(25, 1)))
  const live = new Set(all.filter((standing) => standing !== undefined && !isWithdrawn(standing)))
  if (live.size < 2) return [...live][0] ?? all[0]
  const [corrected, ...open] = ['C', 'O', 'I', 'S', 'R', 'P']
  return live.has(corrected) && !open.some((standing) => live.has(standing)) ? corrected : 'A'
}

function reportRow(message: Message, group: ReportGroup): ReportRow {
  const { hl7 } = message
  const standing = standingOf(group)
  const [first] = group.panels
  const obr = { ...fieldsOf(first.obr, OBR), ...(standing !== undefined && { 'OBR-25': standing }) }
  const orc = fieldsOf(first.orc, ORC)
  const requestNo = filled(obr['OBR-2.1']) ?? filled(orc['ORC-2.1'])
  // Senders put the remark on the whole report at the end, where the standard reads it as one on the last result: both get it.
  const last = group.panels.flatMap(({ results }) => results).at(-1)?.notes ?? []
  return {
    ...obr,
    ...orc,
    ...fieldsOf(segmentOf(hl7, 'PV1'), ['PV1-2.1', 'PV1-19.1']),
    ...(group.reportNo !== undefined && { reportNo: group.reportNo }),
    ...(requestNo !== undefined && { requestNo }),
    specimens: [],
    results: [],
    impressions: [],
    remarks: [...group.panels.flatMap(({ remarks }) => remarks), ...last].map(noteText).filter((text) => text !== ''),
    documents: [],
  }
}

const noteText = (nte: Segment): string => plainText(filled(nte.whole(3)) ?? '')

/** Fields of OBR and ORC by their segment; the numbers of report and request by where they stand. */
function reportLocator(hl7: Hl7Record, { panels: [{ obr, orc }] }: ReportGroup): (name: string) => string {
  const segments = [obr, orc].filter((one) => one !== undefined)
  const places: Record<string, string> = { reportNo: 'OBR-3', requestNo: 'OBR-2' }
  return (name) => {
    const field = places[name] ?? name
    const segment = segments.find((one) => field.startsWith(`${one.name}-`))
    return segment ? locate(hl7, segment)(field) : field
  }
}

interface SpecimenOptions {
  statedAt: string
  order: string
  offer: false
  kind: ReportKind
}

/** Specimens of the report by their segments; of one of which nothing but OBR-15 tells, by those of none. */
function runSpecimens(
  { record, hl7 }: Message,
  { reportNo, panels }: ReportGroup,
  report: ReportRow,
  { kind, ...options }: SpecimenOptions,
): Map<SpecimenSegments, ResourceKey> {
  const found = new Map<SpecimenSegments, ResourceKey>()
  const alike = new Map<string, number>()
  const told = panels.flatMap(({ obr, specimens }) => specimens.map((segments) => ({ obr, segments })))
  let unnumbered = 0
  for (const { obr, segments } of told.length > 0 ? told : [{ obr: panels[0].obr, segments: { containers: [] } }]) {
    if (found.has(segments)) continue
    const taken = earlierOf(record.context, filled(segments.spm?.text(17, 1)) ?? obr.text(7, 1), obr)
    const row = specimenRow(segments, { obr, reportNo, nth: unnumbered + 1, standing: report['OBR-25'], taken })
    if (row.told !== undefined) {
      const place = (alike.get(row.told) ?? 0) + 1
      alike.set(row.told, place)
      // Each panel may say the one tube of its time anew: the second is the second of that time, and of no other one.
      if (place > 1) row.told = `${row.told} ${place}`
    }
    const key = record.run(SPECIMENS[kind], row, { ...options, at: specimenLocator(hl7, segments, obr) })
    record.noteRead(...specimenFieldsRead(hl7, segments))
    if (key === undefined || key === 'patient') continue
    found.set(segments, key)
    if (row.specimenNo === undefined) unnumbered++
  }
  return found
}

interface ReportOptions extends OfMessage, SpecimenOptions {
  specimens: ReadonlyMap<SpecimenSegments, ResourceKey>
}

function runResults(message: Message, group: ReportGroup, report: ReportRow, options: ReportOptions): void {
  const { record, hl7 } = message
  const numbers = new ResultNumbers(ofNoParent(group), options.isNumbered, takenTimes(record.context, group, options.kind))
  const { cultures } = options
  const words: Segment[] = []
  for (const { obx, lines, notes, panel } of group.panels.flatMap((one) => one.results.map((result) => ({ ...result, panel: one })))) {
    const { obr } = panel
    const at = locate(hl7, obx)
    const document = embeddedDocument(obx)
    if (document) {
      report.documents.push(document)
      record.noteRead(...['OBX-2', 'OBX-3', 'OBX-5', 'OBX-11'].map(at))
      continue
    }
    if (obx.text(2, 1) === 'ED') {
      // No base64, or of a kind that is not kept: the raw payload has it.
      record.issue(warning('mapping-value-unknown', at('OBX-5')))
      continue
    }
    const row = resultRow(message, group, { obx, lines, notes }, obr)
    const specimen = specimenOf(panel, options.specimens)
    if (specimen) row.specimen = specimen
    const code = row.item[0]?.code ?? row.item[0]?.text
    const parent = parentOf(obr)
    const organism = parent === undefined ? undefined : organismOf(cultures, group, obr, parent)
    if (organism) {
      row.organism = organism
      record.noteRead(...['OBR-26.1', 'OBR-26.2', 'OBR-26.3', 'OBR-29.1', 'OBR-29.2'].map(locate(hl7, obr)))
    }
    // The same antibiotic is tested on each organism.
    if (code !== undefined && parent !== undefined) row.itemCode = `${code}@${parent}`
    else if (code !== undefined) Object.assign(row, numbers.of(code, obx))
    // A value, its flag and why it is absent replace each other as one.
    record.noteHeeded(...['OBX-5', 'OBX-8'].map(at))
    const withdrawn = isWithdrawn(filled(row['OBR-25']))
    const key = record.run(RESULTS[options.kind], row, {
      ...{ statedAt: options.statedAt, order: options.order, offer: false, withdrawn },
      at,
      ...standingFor(row),
    })
    record.noteRead(...['OBX-2', 'OBX-4', 'OBX-11', ...itemFields(row.item)].map(at))
    for (const line of lines)
      record.noteRead(...['OBX-2', 'OBX-5', ...itemFields(row.item), ...fieldsAlike(obx, line)].map(locate(hl7, line)))
    if (key !== undefined && key !== 'patient' && !withdrawn && !isWithdrawn(filled(row['OBX-11']))) {
      report.results.push(key)
      cultures.set(`${group.reportNo}|${code}.${filled(row['OBX-4']) ?? ''}`, key)
      if (options.kind !== 'laboratory') words.push(obx, ...lines)
    }
  }
  report.impressions = impressionsOf(words)
}

/** In which of several the results of a panel were measured is not said. */
function specimenOf({ specimens }: Panel, known: ReadonlyMap<SpecimenSegments, ResourceKey>): ResourceKey | undefined {
  const keys = specimens.map((one) => known.get(one))
  return keys.every((key) => JSON.stringify(key) === JSON.stringify(keys[0])) ? keys[0] : undefined
}

/** OBR-26: the result of the culture, by its item and sub-id, on whose organism this panel was run (HL7 v2.4, 7.4.1.26). */
function parentOf(obr: Segment): string | undefined {
  const item = filled(obr.text(26, 1))
  return item === undefined ? undefined : `${item}.${filled(obr.text(26, 2)) ?? ''}`
}

/** What a result leaves or takes back of what was reported before, by its standing (HL7 table 0085). */
function standingFor(row: ResultRow): Pick<RunOptions, 'without' | 'yielding'> {
  const standing = filled(row['OBX-11']) ?? filled(row['OBR-25'])
  // What was preliminary is final now, and is not sent again.
  if (standing === 'U' && row['OBX-5'] === undefined) return { yielding: ['dataAbsentReason'] }
  // A remark on the value that was wrong is none on the right one.
  return standing === 'C' && row.notes.length === 0 ? { without: ['note'] } : {}
}

/** In the report that OBR-29 names, or in this one: a panel of susceptibilities may have a number of its own. */
function organismOf(cultures: Cultures, group: ReportGroup, obr: Segment, parent: string): ResourceKey | undefined {
  const numbers = [filled(obr.text(29, 2)), group.reportNo]
  return numbers.map((number) => cultures.get(`${number}|${parent}`)).find((key) => key !== undefined)
}

function resultRow(message: Message, group: ReportGroup, { obx, lines, notes }: PanelResult, obr: Segment): ResultRow {
  return {
    ...resultFields(obx, lines),
    ...fieldsOf(obr, ['OBR-7', 'OBR-22', 'OBR-25']),
    ...fieldsOf(segmentOf(message.hl7, 'PV1'), ['PV1-2.1', 'PV1-19.1']),
    ...(group.reportNo !== undefined && { reportNo: group.reportNo }),
    flags: flagsOf(obx),
    item: itemsOf(obx),
    answers: answersOf(obx),
    notes: notes.map(noteText).filter((text) => text !== ''),
  }
}

function noteRemarksRead({ record, hl7 }: Message, group: ReportGroup): void {
  for (const nte of group.panels.flatMap(({ remarks, results }) => [...remarks, ...results.flatMap(({ notes }) => notes)])) {
    record.noteRead(...['NTE-2', 'NTE-3'].map(locate(hl7, nte)))
  }
}

/** Reported before the specimen was taken (formats.md D7): stored as sent, flagged. */
function sampledAfterReport(context: MappingContext, row: ReportRow): boolean {
  const [sampled, reported] = [row['OBR-7'], row['OBR-22']].map((text) => instantOfField(text, context))
  return sampled !== undefined && reported !== undefined && sampled > reported
}

/** When the specimens of a report's results were taken, as far as that tells them apart. */
function takenTimes(context: MappingContext, { panels }: ReportGroup, kind: ReportKind): Map<Segment, string> {
  const times = new Map<Segment, string>()
  for (const { obr, results } of panels) {
    const taken = takenBefore(context, obr, kind)
    if (taken !== undefined) for (const { obx } of results) times.set(obx, taken)
  }
  return times
}

/** When the specimen of a laboratory's result was taken. */
const takenBefore = (context: MappingContext, obr: Segment, kind: ReportKind): string | undefined =>
  kind === 'laboratory' ? earlierOf(context, fieldsOf(obr, ['OBR-7'])['OBR-7'], obr) : undefined

/** An instant before that of the report: the same one is the report's, sent with each of its versions anew. */
function earlierOf(context: MappingContext, text: string | undefined, obr: Segment): string | undefined {
  const [taken, reported] = [text, fieldsOf(obr, ['OBR-22'])['OBR-22']].map((sent) => instantOfField(sent, context))
  return taken !== undefined && reported !== undefined && taken < reported ? taken : undefined
}

function instantOfField(text: string | undefined, context: MappingContext): string | undefined {
  const sent = filled(text)
  const value = sent === undefined ? undefined : readDateTime(sent, context.timezone).value
  return value?.includes('T') ? instantOf(value, context.timezone) : undefined
}
