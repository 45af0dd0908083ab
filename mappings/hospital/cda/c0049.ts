/** C0049 discharge record: the document, the stay that ended, its admission and discharge diagnoses. */
import type { RecordBuilder } from '../../engine/record.ts'
import type { ResourceKey } from '../../engine/types.ts'
import { instantOf, readDateTime } from '../../engine/values/date.ts'
import { diagnosesOf, diagnosis, diagnosisKey, type DiagnosisRow } from './diagnosis.ts'
import { composition, type DocumentRow, runDocument } from './document.ts'
import { flat, type Statement } from './entries.ts'
import type { CdaSection } from './sections.ts'
import { inpatientVisit, type VisitRow } from './visit.ts'

const ADMITTED = 'DE06.00.092.00'
const DISCHARGED = 'DE06.00.017.00'

const dischargeComposition: typeof composition = { ...composition, profiles: ['cn-composition-discharge'] }

export function dischargeRecord(record: RecordBuilder, document: Omit<DocumentRow, 'entries'>, statedAt: string): void {
  const scope = record.context.source.organization
  const { visitNo, sections } = document
  const found = new Map<CdaSection, ResourceKey[]>()
  const rows: DiagnosisRow[] = []
  for (const section of allSections(sections)) {
    const own = diagnosesOf(section, visitNo)
    rows.push(...own)
    found.set(section, distinct(own.map((row) => diagnosisKey(row, scope)).filter((key) => key !== undefined)))
  }
  runDocument(record, { ...document, entries: (section) => found.get(section) ?? [] }, statedAt, dischargeComposition)
  runVisit(record, document, rows, statedAt)
  for (const row of rows) {
    if (row.visitNo === undefined)
      record.issue({ severity: 'warning', code: 'mapping-required', at: 'recordTarget/patientRole/id/@extension' })
    else record.run(diagnosis, row, { statedAt, offer: false, at: () => row.at })
  }
}

function runVisit(record: RecordBuilder, document: Omit<DocumentRow, 'entries'>, rows: readonly DiagnosisRow[], statedAt: string): void {
  const scope = record.context.source.organization
  const statements = allSections(document.sections).flatMap((section) => flat(section.statements))
  const admitted = statements.find((one) => one.element === ADMITTED)
  const discharged = statements.find((one) => one.element === DISCHARGED)
  const row: VisitRow = {
    ...(document.visitNo !== undefined && { visitNo: document.visitNo }),
    ...(admitted?.text !== undefined && { admitted: admitted.text }),
    ...(discharged?.text !== undefined && { discharged: discharged.text }),
    place: document.header.place,
    diagnoses: visitDiagnoses(rows, scope),
  }
  const places: Record<string, string | undefined> = { admitted: admitted?.at, discharged: discharged?.at }
  record.run(inpatientVisit, row, { statedAt, offer: false, at: (field) => places[field] ?? field })
  const { bedAt, department, ward } = row.place
  if (bedAt !== undefined && department === undefined && ward === undefined) record.offerNamed(bedAt)
  if (endsBeforeStart(admitted, discharged, record.context.timezone)) {
    record.issue({ severity: 'warning', code: 'mapping-date-order', at: discharged?.at ?? DISCHARGED })
  }
}

/** The first Western discharge diagnosis is the main one: the documents have no other mark. */
function visitDiagnoses(rows: readonly DiagnosisRow[], scope: string): VisitRow['diagnoses'] {
  const main = rows.find((row) => row.role === 'DD' && row.kind === 'western')
  return rows.flatMap((row) => {
    const key = diagnosisKey(row, scope)
    return key ? [{ key, role: row.role, ...(row.name !== undefined && { name: row.name }), ...(row === main && { rank: 1 }) }] : []
  })
}

function endsBeforeStart(admitted: Statement | undefined, discharged: Statement | undefined, zone: string): boolean {
  const [start, end] = [admitted, discharged].map((one) => {
    const value = one?.text === undefined ? undefined : readDateTime(one.text, zone).value
    return value && instantOf(value, zone)
  })
  return start !== undefined && end !== undefined && end < start
}

const allSections = (sections: readonly CdaSection[]): CdaSection[] => sections.flatMap((one) => [one, ...allSections(one.sections)])

const distinct = (keys: readonly ResourceKey[]): ResourceKey[] =>
  keys.filter((key, at) => keys.findIndex((other) => JSON.stringify(other) === JSON.stringify(key)) === at)
