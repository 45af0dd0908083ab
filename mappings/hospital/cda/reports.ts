/** Gathers a report: items with their results in the order of the document, the specimen, what it comes to. */
import type { ResourceKey } from '../../engine/types.ts'
import type { ReportKind } from '../hl7v2/report-kind.ts'
import { flat, type Statement } from './statement.ts'
import { type Facts, timeOf } from './facts.ts'
import { REPORTS, type ReportRow, RESULTS, type ResultRow, SPECIMENS } from './report.ts'
import type { CdaSection } from './sections.ts'

const ITEM = 'DE04.30.019.00'
const NUMBER = 'DE04.30.015.00'
const UNIT = 'DE04.30.016.00'
const CODED = 'DE04.30.017.00'
const METHOD = 'DE02.10.027.00'
const KIND = 'DE04.30.018.00'
const SPECIMEN = 'DE04.50.134.00'
const STATE = 'DE04.50.135.00'
const FIXATIVE = 'DE08.50.027.00'
const LABORATORY = 'DE04.50.130.00'
const SEEN = 'DE04.50.131.00'
const DEPARTMENT = 'DE08.10.026.00'
const INSTITUTION = 'DE08.10.013.00'
const REMARK = 'DE06.00.179.00'

const PATHOLOGY = /病理|细胞学|活检/
const IMAGING = /CT|MR|磁共振|X线|X光|DR|CR|超声|B超|彩超|核医学|PET|SPECT|造影|放射|影像|钼靶/i

/** What department an examination comes from: the document says it in words only. */
function kindOf(facts: Facts): ReportKind {
  if (facts.kind.report === 'laboratory') return 'laboratory'
  const words = [facts.find(KIND)?.text, facts.find(ITEM)?.text, facts.find(METHOD)?.text].join(' ')
  if (PATHOLOGY.test(words) || facts.document.header.numbers.pathology !== undefined) return 'pathology'
  return IMAGING.test(words) ? 'imaging' : 'other'
}

interface Item {
  name: Statement
  entry: Statement
  section: CdaSection
  parts: Statement[]
}

export function reports(facts: Facts): void {
  if (facts.kind.report === undefined) return
  const kind = kindOf(facts)
  const items = itemsOf(facts)
  const row = reportRow(facts, kind, items)
  for (const result of resultRows(facts, row, items)) {
    const key = facts.run(RESULTS[kind], result.row, result.row.at, result.section)
    if (key) row.results.push(key)
  }
  const seen = facts.kind.report === 'laboratory' ? undefined : facts.find(SEEN, /客观/)
  if (seen?.text !== undefined) row.results.push(...seenResult(facts, kind, row, seen))
  const section = facts.sections.find(({ statements }) =>
    flat(statements).some(({ element }) => element === SEEN || element === LABORATORY),
  )
  facts.run(REPORTS[kind], row, row.at, section ?? facts.sections.at(-1))
  facts.run(SPECIMENS[kind], row, row.at, items[0]?.section)
}

/** Every item with all that follows it up to the next. */
function itemsOf(facts: Facts): Item[] {
  const items: Item[] = []
  for (const { section, entry, one } of facts.of('report')) {
    if (one.element === ITEM && one.text !== undefined) items.push({ name: one, entry, section, parts: [] })
    else if (items.at(-1)?.section === section) items.at(-1)?.parts.push(one)
    facts.take(one)
  }
  return items
}

const textOf = (parts: readonly Statement[], element: string): Statement | undefined =>
  parts.find((one) => one.element === element && one.text !== undefined)

function reportRow(facts: Facts, kind: ReportKind, items: readonly Item[]): ReportRow {
  const { header, title, bytes } = facts.document
  const { documentNo = '' } = facts.document
  const reportNo = kind === 'laboratory' ? header.numbers.laboratory : (header.numbers.examination ?? header.numbers.pathology)
  const [item] = items
  const parts = items.flatMap((one) => one.parts)
  const specimen = textOf(parts, SPECIMEN) ?? facts.find(SPECIMEN)
  const at = (element: string): string | undefined => specimen?.parts.find((part) => part.element === element)?.time
  const conclusion = kind === 'laboratory' ? [facts.find(LABORATORY)] : [facts.find(SEEN, /主观/)]
  const found: Partial<Record<keyof ReportRow, unknown>> = {
    requestNo: header.numbers.request,
    specimenNo: header.numbers.specimen,
    title,
    // One item is what was examined; a list of them has no name of its own.
    item: items.length === 1 || kind !== 'laboratory' ? item?.name.text : undefined,
    itemCode: items.length === 1 || kind !== 'laboratory' ? item?.name.code : undefined,
    taken: at('@begin') ?? at('@time'),
    received: at('@end'),
    examined: item && timeOf(item.name, item.entry),
    issued: header.authors[0]?.time ?? facts.document.effectiveTime,
    department: facts.find(DEPARTMENT)?.text,
    institution: facts.find(INSTITUTION)?.text,
    kindWord: facts.find(KIND)?.text,
    specimen: specimen?.text,
    specimenCode: specimen?.code,
    specimenState: (textOf(parts, STATE) ?? facts.find(STATE))?.text,
    fixative: facts.find(FIXATIVE)?.text,
    author: header.authors[0],
    reviewer: header.attesters.find(({ legal }) => legal),
    isDocumentNo: reportNo === undefined ? 'yes' : undefined,
  }
  const remark = facts.find(REMARK)
  return {
    ...facts.row('report', item?.name.at ?? ''),
    ...(Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) as Partial<ReportRow>),
    reportNo: reportNo ?? documentNo,
    conclusion: [...conclusion, remark].flatMap((one) =>
      one?.text === undefined ? [] : [one === remark ? `备注：${one.text}` : one.text],
    ),
    results: [],
    size: bytes.length,
  }
}

function resultRows(facts: Facts, report: ReportRow, items: readonly Item[]): { row: ResultRow; section: CdaSection }[] {
  const counts = new Map<string, number>()
  const ofAll = facts.find(METHOD)
  return items.flatMap(({ name, entry, section, parts }) => {
    const value = textOf(parts, NUMBER) ?? textOf(parts, CODED)
    if (!value) return []
    const item = name.code ?? name.text ?? ''
    const count = (counts.get(item) ?? 0) + 1
    counts.set(item, count)
    const unit = textOf(parts, UNIT)?.text ?? value.unit
    const judged = value.element === NUMBER ? textOf(parts, CODED) : undefined
    const method = (textOf(parts, METHOD) ?? ofAll)?.text
    const examined = report.taken ?? timeOf(name, entry)
    const row: ResultRow = {
      ...facts.row('result', value.at),
      reportNo: report.reportNo,
      item: name.text ?? item,
      itemKey: count === 1 ? item : `${item}.${count}`,
      ...(name.code !== undefined && { itemCode: name.code }),
      ...(value.text !== undefined && { value: value.text }),
      ...(unit !== undefined && { unit }),
      ...(value.element === NUMBER && { type: 'REAL' }),
      ...(method !== undefined && { method }),
      ...(judged && { judged }),
      ...(examined !== undefined && { examined }),
      ...(report.issued !== undefined && { issued: report.issued }),
    }
    return [{ row, section }]
  })
}

/** What was seen is a result; what it means is the report's conclusion. */
function seenResult(facts: Facts, kind: ReportKind, report: ReportRow, seen: Statement): ResourceKey[] {
  const row: ResultRow = {
    ...facts.row('result', seen.at),
    reportNo: report.reportNo,
    item: '检查所见',
    itemKey: '检查所见',
    ...(seen.text !== undefined && { value: seen.text }),
    ...(report.examined !== undefined && { examined: report.examined }),
    ...(report.issued !== undefined && { issued: report.issued }),
  }
  const key = facts.run(RESULTS[kind], row, seen.at)
  return key ? [key] : []
}
