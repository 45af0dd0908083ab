/** Gathers the drugs of a document: acts of giving, and names that stand loose with what is said of their use. */
import { homeOf } from './elements.ts'
import { flat, partOf, type Statement } from './statement.ts'
import { type Facts, timeOf } from './facts.ts'
import { type DrugRow, given, prescribed, told } from './drug.ts'
import { device, type DeviceRow } from './device.ts'
import type { CdaSection } from './sections.ts'
import { table } from '../../engine/values/table.ts'

type Field = keyof Omit<DrugRow, 'people' | 'kind' | 'documentNo' | 'part' | 'at' | 'visitNo' | 'time'>

const FIELDS: Readonly<Record<string, Field>> = table({
  'DE08.50.043.00': 'specification',
  'DE08.50.011.00': 'form',
  '@form': 'form',
  'DE08.50.024.00': 'doseUnit',
  'DE06.00.133.00': 'frequency',
  '@rate': 'frequency',
  'DE06.00.136.00': 'usage',
  'DE06.00.135.00': 'total',
  'DE06.00.294.00': 'days',
  'DE08.50.056.00': 'group',
  'DE06.00.179.00': 'remark',
  'DE08.50.050.00': 'herbalDoses',
  'DE08.50.047.00': 'decoction',
  'DE06.00.293.00': 'amount',
  'DE06.00.164.00': 'tcmUse',
  'DE08.50.032.00': 'prescriptionKind',
})

/** Elements that name a drug; the drugs before and during an operation stand in the element of usage. */
const isName = ({ element, words }: Statement): boolean =>
  element === 'DE08.50.022.00' ||
  element === 'DE06.00.269.00' ||
  element === 'DE08.50.049.00' ||
  (element === 'DE06.00.136.00' && /前用药|中用药/.test(words))

export function drugs(facts: Facts): void {
  const shared = prescriptionOf(facts)
  for (const section of facts.sections) {
    let open: { row: DrugRow; section: CdaSection } | undefined
    const close = (): void => {
      if (open) run(facts, open.row, open.section)
      open = undefined
    }
    for (const entry of section.statements) {
      for (const one of flat([entry])) {
        if (facts.isTaken(one)) continue
        if (one.element === '@drug') act(facts, one, entry, section, shared)
        else if (homeOf(one) === 'drug' && one.text !== undefined) {
          if (isName(one)) {
            close()
            open = { row: { ...base(facts, one, entry), ...shared, name: one.text }, section }
          } else if (open) fill(open.row, one)
          facts.take(one)
        }
      }
    }
    close()
  }
}

/** A prescription says once what holds for all of its drugs. */
function prescriptionOf(facts: Facts): Partial<DrugRow> {
  if (facts.kind.drugs !== 'prescribed') return {}
  const row = base(facts, undefined, undefined)
  for (const section of facts.sections) {
    for (const entry of section.statements) {
      for (const one of outsideDrugs([entry])) if (!isName(one) && one.text !== undefined) fill(row, one)
    }
  }
  const { documentNo: _no, part: _part, at: _at, visitNo: _visit, people: _people, ...shared } = row
  return { ...shared, kind: facts.kind.prescription ?? 'outpatient' }
}

const outsideDrugs = (statements: readonly Statement[]): Statement[] =>
  statements.flatMap((one) => (one.element === '@drug' ? [] : [one, ...outsideDrugs(one.parts)]))

function base(facts: Facts, one: Statement | undefined, entry: Statement | undefined): DrugRow {
  const { documentNo = '', visitNo, header } = facts.document
  const time = (one && entry ? timeOf(one, entry) : undefined) ?? facts.time
  const prescriber = header.authors[0]
  const pharmacist = header.attesters.find(({ title }) => /审核/.test(title ?? ''))
  const prescriptionNo = header.numbers.prescription
  return {
    documentNo,
    part: one ? facts.part('drug') : '',
    at: one?.at ?? '',
    ...(visitNo !== undefined && { visitNo }),
    ...(time !== undefined && { time }),
    ...(prescriptionNo !== undefined && { prescriptionNo }),
    people: { ...(prescriber && { prescriber }), ...(pharmacist && { pharmacist }) },
  }
}

function fill(row: DrugRow, one: Statement): void {
  const field = FIELDS[one.element]
  if (field === undefined || one.text === undefined) return
  row[field] ??= one.text
  if (field === 'total' && one.unit !== undefined) row.totalUnit ??= one.unit
  if (field === 'frequency' && one.code !== undefined) row.frequencyCode ??= one.code
}

function act(facts: Facts, one: Statement, entry: Statement, section: CdaSection, shared: Partial<DrugRow>): void {
  const inner = flat(one.parts)
  facts.take(one, ...inner)
  const name = partOf(one, '@name') ?? inner.find(isName)
  if (facts.kind.devices) deviceOf(facts, one, name, section)
  else drugOf(facts, one, name, entry, section, shared)
}

function drugOf(
  facts: Facts,
  one: Statement,
  name: Statement | undefined,
  entry: Statement,
  section: CdaSection,
  shared: Partial<DrugRow>,
): void {
  const row: DrugRow = { ...base(facts, one, entry) }
  if (name?.text !== undefined) row.name = name.text
  if (name?.code !== undefined) row.code = name.code
  const [dose, route] = [partOf(one, '@dose'), partOf(one, '@route')]
  if (dose?.text !== undefined) row.dose = dose.text
  if (dose?.unit !== undefined) row.doseUnit = dose.unit
  if (route?.code !== undefined) row.routeCode = route.code
  if (route?.text !== undefined && route.text !== route.code) row.route = route.text
  for (const part of flat(one.parts)) fill(row, part)
  run(facts, { ...shared, ...row }, section)
}

function run(facts: Facts, row: DrugRow, section: CdaSection): void {
  const map = facts.kind.drugs === 'prescribed' ? prescribed : facts.kind.drugs === 'told' ? told : given
  // A row of a drug that nobody named says nothing of a drug: the section has it.
  if (row.name !== undefined || row.code !== undefined) facts.run(map, row, row.at, section)
}

function deviceOf(facts: Facts, one: Statement, name: Statement | undefined, section: CdaSection): void {
  const inner = flat(one.parts)
  const text = (element: string): string | undefined => inner.find((part) => part.element === element)?.text
  const fields = {
    name: name?.text,
    code: name?.code ?? text('@product'),
    maker: text('@maker'),
    supplier: text('DE08.50.035.00') ?? text('@supplier'),
    lot: text('@lot'),
    implanted: text('DE08.50.058.00'),
    amount: text('@dose'),
  }
  const filled = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<DeviceRow>
  if (fields.name !== undefined || fields.code !== undefined)
    facts.run(device, { ...facts.row('device', one.at), ...filled }, one.at, section)
}
