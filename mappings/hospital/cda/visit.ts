/** What a document says of its visit, to cn-encounter. */
import type { Encounter } from '@medplum/fhirtypes'
import { localSystem, structureDefinition } from '../../../server/fhir/canonical.ts'
import { keys, referTo } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import { bedMention, departmentMention, encounterMention } from '../../engine/mention.ts'
import type { Run } from '../../engine/rule.ts'
import { localCodes } from '../../engine/systems.ts'
import type { ResourceKey } from '../../engine/types.ts'
import { instantOf, readDateTime } from '../../engine/values/date.ts'
import { type DiagnosisRole, type DiagnosisRow, diagnosisKey } from './diagnosis.ts'
import type { VisitClass } from './documents.ts'
import type { Statement } from './statement.ts'
import type { Facts } from './facts.ts'
import type { CdaHeader } from './header.ts'
import { valueConcept } from './value.ts'

interface VisitRow {
  visitNo?: string
  class: VisitClass
  begin?: string
  end?: string
  place: CdaHeader['place']
  diagnoses: { key: ResourceKey; name?: string; role: DiagnosisRole; rank?: number }[]
  route?: { code?: string | undefined; text?: string | undefined }
  left?: { code?: string | undefined; text?: string | undefined }
  destination?: string
  payment?: { code?: string | undefined; text?: string | undefined }
  times?: string
  days?: string
  reason?: string
}

const ADMITTED = 'DE06.00.092.00'
const DISCHARGED = 'DE06.00.017.00'
const ROLES: Readonly<Record<DiagnosisRole, string>> = {
  AD: 'Admission diagnosis',
  DD: 'Discharge diagnosis',
  'pre-op': 'pre-op diagnosis',
  'post-op': 'post-op diagnosis',
}
const CLASSES: Readonly<Record<VisitClass, { system: string; code: string; display: string }>> = {
  IMP: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP', display: 'inpatient encounter' },
  AMB: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB', display: 'ambulatory' },
  OBSENC: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'OBSENC', display: 'observation encounter' },
}
const DIED = { code: '5', text: '死亡' }

const finishedVisit = mapping<VisitRow, Encounter>({
  source: 'hospital/cda/encompassingEncounter',
  to: 'Encounter',
  profile: 'cn-encounter-minimal',
  id: (row, run) => (row.visitNo === undefined ? undefined : keys.encounter(run.scope, row.visitNo)),
  rules: (from) => ({
    extension: [
      {
        url: structureDefinition('cn-payment-method'),
        valueCodeableConcept: from.value('payment', ({ payment }) => nationalConcept('DE07.00.007.00', payment)),
      },
      {
        url: structureDefinition('cn-visit-number'),
        valuePositiveInt: from.value('times', (row) => (/^[1-9]\d{0,3}$/.test(row.times ?? '') ? Number(row.times) : undefined)),
      },
    ],
    identifier: [from.identifier((scope) => localSystem(scope, 'visit-no'), 'visitNo')],
    // These documents are written for a visit that has ended, even where its time is not filled.
    status: 'finished',
    class: from.value('class', (row) => CLASSES[row.class as VisitClass]),
    subject: from.patient(),
    serviceType: from.value('place', ({ place }, run) => department(place, run)),
    period: { start: from.dateTime('begin'), end: from.dateTime('end') },
    length: from.quantity('days', undefined, { unit: '天', system: 'http://unitsofmeasure.org', code: 'd' }),
    reasonCode: [{ text: from.text('reason') }],
    diagnosis: from.value('diagnoses', (row) => (row.diagnoses.length > 0 ? row.diagnoses.map(diagnosisElement) : undefined)),
    hospitalization: {
      admitSource: from.value('route', ({ route }) => nationalConcept('DE06.00.339.00', route)),
      dischargeDisposition: from.value('left', ({ left }) => nationalConcept('DE06.00.223.00', left)),
      destination: from.value('destination', (row) => (row.destination === undefined ? undefined : { display: row.destination })),
    },
    // A bed number alone says no place, and must not stand before a place that another message told of.
    location: from.value('place', ({ place }, run) => {
      const ward = place.department ?? place.ward
      const department = ward?.code ?? ward?.name
      if (department === undefined || place.bed === undefined) return undefined
      const thing = bedMention(
        run.scope,
        department,
        place.bed,
        `${place.ward?.name ?? place.department?.name ?? department} ${place.bed} 床`,
      )
      run.mention(thing)
      return [{ location: referTo(thing.key as ResourceKey) }]
    }),
    serviceProvider: from.organization(),
  }),
})

const nationalConcept = (element: string, value: VisitRow['route']) =>
  value === undefined ? undefined : valueConcept({ element, code: value.code, value: value.text })

function department(place: CdaHeader['place'], run: Run) {
  const { code, name } = place.department ?? {}
  if (code === undefined) return name === undefined ? undefined : { text: name }
  run.mention(departmentMention(run.scope, code, name))
  const coding = { system: localCodes(run.scope, 'department'), code, ...(name !== undefined && { display: name }) }
  return { coding: [coding], ...(name !== undefined && { text: name }) }
}

function diagnosisElement({ key, name, role, rank }: VisitRow['diagnoses'][number]) {
  const use = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/diagnosis-role', code: role, display: ROLES[role] }] }
  return { condition: referTo(key, name), use, ...(rank !== undefined && { rank }) }
}

/** The first Western discharge diagnosis is the main one where the document has no other mark. */
function visitDiagnoses(rows: readonly DiagnosisRow[], scope: string): VisitRow['diagnoses'] {
  const discharge = rows.filter(({ role, kind }) => role === 'DD' && kind === 'western')
  const main = discharge.find(({ isMain }) => isMain) ?? discharge[0]
  return rows.flatMap((row) => {
    const key = diagnosisKey(row, scope)
    if (!key || row.role === undefined) return []
    const rank = row === main ? 1 : row.role === 'AD' ? row.rank : undefined
    const name = row.name ?? row.display
    return [{ key, role: row.role, ...(name !== undefined && { name }), ...(rank !== undefined && { rank }) }]
  })
}

/** What class a visit is of, by its document, else by whose number it has. */
export function visitClass(facts: Pick<Facts, 'kind' | 'document'>): VisitClass | undefined {
  const { visitKind } = facts.document.header
  return facts.kind.class ?? (visitKind === 'inpatient' ? 'IMP' : visitKind === 'outpatient' ? 'AMB' : undefined)
}

/** A document that only mentions its visit knows its class at least; the first mention of a record stands. */
export function mentionVisit(facts: Facts): void {
  const { visitNo } = facts.document
  const class_ = visitClass(facts)
  if (visitNo !== undefined && class_ !== undefined) facts.record.add(encounterMention(facts.scope, visitNo, CLASSES[class_]))
}

const VISIT = {
  route: 'DE06.00.339.00',
  left: 'DE06.00.223.00',
  destination: 'DE08.10.013.00',
  payment: 'DE07.00.007.00',
  times: 'DE02.10.090.00',
  days: 'DE06.00.310.00',
  reason: 'DE05.10.053.00',
} as const

export function visits(facts: Facts, rows: readonly DiagnosisRow[]): void {
  const { visitNo, header } = facts.document
  const { bedAt, department, ward } = header.place
  if (bedAt !== undefined && department === undefined && ward === undefined) facts.record.offerNamed(bedAt)
  if (!facts.kind.visit) return
  for (const { one } of facts.of('visit')) facts.take(one)
  if (visitNo === undefined) return
  const [admitted, discharged] = [facts.find(ADMITTED), facts.find(DISCHARGED)]
  const found = Object.fromEntries(Object.entries(VISIT).map(([field, element]) => [field, facts.find(element)])) as Record<
    keyof typeof VISIT,
    Statement | undefined
  >
  const begin = admitted?.text ?? header.stay.begin
  const end = discharged?.text ?? header.stay.end
  const left = found.left ?? (facts.kind.died ? DIED : undefined)
  const route = header.stay.route ?? found.route
  const row: VisitRow = {
    visitNo,
    class: visitClass(facts) ?? 'IMP',
    place: header.place,
    diagnoses: visitDiagnoses(rows, facts.scope),
    ...(begin !== undefined && { begin }),
    ...(end !== undefined && { end }),
    ...(route && { route: { code: route.code, text: route.text } }),
    ...(left && { left: { code: left.code, text: left.text } }),
    ...(found.payment && { payment: { code: found.payment.code, text: found.payment.text } }),
    ...textsOf({ destination: found.destination, times: found.times, days: found.days, reason: found.reason }),
  }
  const places: Record<string, string | undefined> = { begin: admitted?.at, end: discharged?.at }
  const { record, statedAt, zone } = facts
  const at = (field: string): string => places[field] ?? field
  record.run(finishedVisit, row, { statedAt, offer: false, at, listsApart: { of: facts.all, names: ['diagnosis'] } })
  if (isBefore(end, begin, zone)) record.issue({ severity: 'warning', code: 'mapping-date-order', at: discharged?.at ?? DISCHARGED })
}

const textsOf = (statements: Readonly<Record<string, Statement | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(statements).flatMap(([field, one]) => (one?.text === undefined ? [] : [[field, one.text]])))

function isBefore(end: string | undefined, start: string | undefined, zone: string): boolean {
  const [a, b] = [end, start].map((sent) => {
    const value = sent === undefined ? undefined : readDateTime(sent, zone).value
    return value && instantOf(value, zone)
  })
  return a !== undefined && b !== undefined && a < b
}
