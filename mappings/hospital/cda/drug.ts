/** Drugs of a document: prescribed (MedicationRequest), given (MedicationAdministration), or only told of (MedicationStatement). */
import type { MedicationAdministration, MedicationRequest, MedicationStatement } from '@medplum/fhirtypes'
import { codeSystem, localSystem, structureDefinition } from '../../../server/fhir/canonical.ts'
import type { From } from '../../engine/from.ts'
import { keys } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import { spoken } from '../../engine/spoken.ts'
import { readDecimal } from '../../engine/values/decimal.ts'
import { readUnit } from '../../engine/values/unit.ts'
import type { FactRow } from './facts.ts'
import type { CdaPerson } from './header.ts'
import { personReference } from './person.ts'

export interface DrugRow extends FactRow {
  name?: string
  code?: string
  specification?: string
  form?: string
  dose?: string
  doseUnit?: string
  routeCode?: string
  route?: string
  frequencyCode?: string
  frequency?: string
  usage?: string
  total?: string
  totalUnit?: string
  days?: string
  group?: string
  remark?: string
  herbalDoses?: string
  decoction?: string
  amount?: string
  tcmUse?: string
  prescriptionKind?: string
  prescriptionNo?: string
  kind?: 'outpatient' | 'tcm'
  time?: string
  people: { prescriber?: CdaPerson; pharmacist?: CdaPerson }
}

type Key = (row: RowView<DrugRow>, run: Run) => ReturnType<typeof keys.documentFact>
const keyOf =
  (type: string): Key =>
  (row, run) =>
    keys.documentFact(type, run.scope, row.documentNo ?? '', row.part ?? '')

const quantity = (value: string | undefined, unit: string | undefined) => {
  const read = value === undefined ? undefined : readDecimal(value)
  return read && { value: read, ...readUnit(unit) }
}

/** Dose, frequency, route and usage as they are read out. */
function instruction(row: RowView<DrugRow>): string | undefined {
  const dose = row.dose === undefined ? undefined : `${row.dose}${row.doseUnit ?? ''}`
  const words = [dose, row.frequency ?? row.frequencyCode, row.route ?? row.routeCode, row.usage]
  return words.filter((word) => word !== undefined).join(' ') || undefined
}

const LABELS: readonly (readonly [keyof DrugRow & string, string])[] = [
  ['specification', '药物规格'],
  ['form', '剂型'],
  ['group', '处方药品组号'],
  ['tcmUse', '中药使用类别'],
  ['amount', '用药量'],
  ['prescriptionKind', '处方类别'],
  ['remark', '备注'],
]

function notes(row: RowView<DrugRow>, more: readonly (readonly [keyof DrugRow & string, string])[] = []) {
  const found = [...LABELS, ...more].flatMap(([field, label]) => {
    const text = row[field]
    return typeof text === 'string' ? [{ text: `${label}：${text}` }] : []
  })
  return found.length > 0 ? found : undefined
}
const NOTED = LABELS.map(([field]) => field)

const drug = (from: From<DrugRow>) => from.localConcept('drug', 'code', 'name').required()
const route = (row: RowView<DrugRow>, run: Run) => spoken(run, 'route', row.routeCode, row.route)
const TCM_USAGE = 'cn-decoction-usage'

export const prescribed = mapping<DrugRow, MedicationRequest>({
  source: 'hospital/cda/prescription',
  to: 'MedicationRequest',
  profile: 'cn-medicationrequest-minimal',
  id: keyOf('MedicationRequest'),
  rules: (from) => ({
    extension: [
      {
        url: structureDefinition('cn-herbal-doses'),
        valuePositiveInt: from.value('herbalDoses', (row) =>
          /^[1-9]\d{0,2}$/.test(row.herbalDoses ?? '') ? Number(row.herbalDoses) : undefined,
        ),
      },
      { url: structureDefinition(TCM_USAGE), valueString: from.text('decoction') },
      {
        url: structureDefinition('cn-audit-pharmacist'),
        valueReference: from.value('people', ({ people }, run) => people.pharmacist && personReference(people.pharmacist, run.scope)),
      },
    ],
    status: 'active',
    intent: 'order',
    category: [{ coding: [{ system: codeSystem('cn-prescription-category'), code: from.text('kind') }] }],
    medicationCodeableConcept: drug(from),
    subject: from.patient(),
    encounter: from.encounter('visitNo'),
    authoredOn: from.dateTime('time'),
    requester: from.value('people', ({ people }, run) => people.prescriber && personReference(people.prescriber, run.scope)),
    groupIdentifier: from.identifier((scope) => localSystem(scope, 'rx-no'), 'prescriptionNo'),
    note: from.value([...NOTED], (row) => notes(row)),
    dosageInstruction: [
      {
        text: from.value(['dose', 'frequency', 'route', 'usage'], instruction),
        timing: {
          code: from.value(['frequencyCode', 'frequency'], (row, run) => spoken(run, 'frequency', row.frequencyCode ?? row.frequency)),
        },
        route: from.value(['routeCode', 'route'], route),
        doseAndRate: [{ doseQuantity: from.value('dose', (row) => quantity(row.dose, row.doseUnit)) }],
      },
    ],
    dispenseRequest: {
      quantity: from.value('total', (row) => quantity(row.total, row.totalUnit)),
      expectedSupplyDuration: from.value('days', (row) => {
        const value = row.days === undefined ? undefined : readDecimal(row.days)
        return value && { value, unit: '天', system: 'http://unitsofmeasure.org', code: 'd' }
      }),
    },
  }),
})

export const given = mapping<DrugRow, MedicationAdministration>({
  source: 'hospital/cda/administration',
  to: 'MedicationAdministration',
  id: keyOf('MedicationAdministration'),
  rules: (from) => ({
    status: 'completed',
    medicationCodeableConcept: drug(from),
    subject: from.patient(),
    context: from.encounter('visitNo'),
    effectiveDateTime: from.dateTime('time').required(),
    note: from.value([...NOTED, 'usage', 'frequency', 'total'], (row) =>
      notes(row, [
        ['usage', '用法'],
        ['frequency', '用药频率'],
        ['total', '总剂量'],
      ]),
    ),
    // A dosage without a dose is none (mad-1).
    dosage: from.value(['dose', 'routeCode', 'route'], (row, run) => {
      const dose = quantity(row.dose, row.doseUnit)
      if (!dose) return undefined
      const by = route(row, run)
      const text = instruction(row)
      return { ...(text && { text }), ...(by && { route: by }), dose }
    }) as never,
  }),
})

export const told = mapping<DrugRow, MedicationStatement>({
  source: 'hospital/cda/medication',
  to: 'MedicationStatement',
  id: keyOf('MedicationStatement'),
  rules: (from) => ({
    status: 'unknown',
    medicationCodeableConcept: drug(from),
    subject: from.patient(),
    context: from.encounter('visitNo'),
    dateAsserted: from.dateTime('time'),
    note: from.value([...NOTED], (row) => notes(row)),
    dosage: [{ text: from.value(['dose', 'frequency', 'route', 'usage'], instruction) }],
  }),
})

/** Whoever is referred to by number has to be in the record. */
export const referred = (people: DrugRow['people']): CdaPerson[] => Object.values(people).filter((one) => one !== undefined)
