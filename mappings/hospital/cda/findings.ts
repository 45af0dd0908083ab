/** What has no resource of its own is an Observation coded with its data element; items and results that stand apart are one. */
import { CATEGORIES, type Category, homeOf, type Home } from './elements.ts'
import { flat, type Statement } from './statement.ts'
import { type Facts, timeOf } from './facts.ts'
import { finding, type ObservationRow } from './observation.ts'
import type { CdaSection } from './sections.ts'
import { valueFields } from './vitals.ts'
import { table } from '../../engine/values/table.ts'

/** LOINC codes of elements that mean one of them; the others are known by their data element alone. */
const LOINC: Readonly<Record<string, string>> = table({
  'DE02.10.002.00': '11977-6',
  'DE02.10.051.00': '8665-2',
  'DE04.01.108.00': '11996-6',
  'DE04.10.183.00': '55283-6',
  'DE04.50.001.00': '883-9',
  'DE04.50.010.00': '10331-7',
  'DE04.50.102.00': '15074-8',
  'DE05.10.098.00': '11778-8',
})

/** Units that an element has by its definition, where the document leaves them out. */
const UNITS: Readonly<Record<string, ObservationRow['fixed']>> = table({
  'DE04.50.102.00': { unit: 'mmol/L', code: 'mmol/L', same: [] },
  'DE04.10.019.00': { unit: 'g', code: 'g', same: [] },
  'DE04.10.018.00': { unit: 'cm', code: 'cm', same: [] },
})

interface Pair {
  name: string
  /** the first that is filled is the value, the others stand beside it */
  values: readonly string[]
  category: Category
  /** name and value may stand in entries that follow each other */
  loose?: true
}

const PAIRS: readonly Pair[] = [
  { name: 'DE02.10.031.00', values: ['DE02.10.028.00'], category: 'exam' },
  { name: 'DE04.30.010.00', values: ['DE04.30.009.00'], category: 'exam' },
  { name: 'DE04.30.020.00', values: ['DE04.30.015.00', 'DE04.30.017.00', 'DE04.30.009.00'], category: 'exam' },
  { name: 'DE06.00.216.00', values: ['DE06.00.281.00'], category: 'procedure' },
  { name: 'DE06.00.342.00', values: ['DE06.00.209.00', 'DE06.00.210.00'], category: 'therapy' },
  { name: 'DE06.00.215.00', values: ['DE05.10.001.00'], category: 'exam', loose: true },
]

/** Homes that become plain observations where no reader of the document made more of them. */
const PLAIN: readonly Home[] = [...([...CATEGORIES] as Category[]), 'newborn', 'pair', 'report', 'transfusion', 'visit']

export function findings(facts: Facts): void {
  for (const section of facts.sections) for (const pair of PAIRS) pairsIn(facts, section, pair)
  for (const found of facts.of(...PLAIN)) {
    const { one } = found
    // Words alone that were to name or explain something stay in the section.
    if (one.text === undefined || (homeOf(one) !== 'pair' && isWords(one))) continue
    facts.run(finding, findingRow(facts, found), one.at, found.section)
  }
}

/** Reports, transfusions and visits that nobody made: only what was coded or measured is a fact by itself. */
const isWords = (one: Statement): boolean => {
  const home = homeOf(one)
  return (home === 'report' || home === 'transfusion' || home === 'visit') && (one.type === undefined || one.type === 'ST')
}

function categoryOf(home: Home): Category {
  return CATEGORIES.has(home) ? (home as Category) : 'exam'
}

export function findingRow(facts: Facts, { entry, one }: { entry: Statement; one: Statement }): ObservationRow {
  const home = homeOf(one)
  const time = timeOf(one, entry) ?? facts.time
  // What was asked for is no finding of the patient.
  const loinc = /申请/.test(one.words) ? undefined : LOINC[one.element]
  const fixed = UNITS[one.element]
  return {
    ...facts.row(one.element, one.at),
    category: categoryOf(home),
    element: one.element,
    name: one.name,
    ...(loinc && { loinc }),
    ...(fixed && { fixed }),
    ...valueFields(one),
    ...(time !== undefined && { time }),
    ...(home === 'newborn' && facts.kind.ofMother && { ofNewborn: true }),
  }
}

/** Items of a section with what was found of each. */
function pairsIn(facts: Facts, section: CdaSection, pair: Pair): void {
  const scopes = pair.loose ? [section.statements] : section.statements.map((entry) => [entry])
  for (const scope of scopes) {
    const all = flat(scope).filter((one) => !facts.isTaken(one))
    const starts = all.flatMap((one, at) => (one.element === pair.name && one.text !== undefined ? [at] : []))
    for (const [index, start] of starts.entries()) pairAt(facts, section, pair, all.slice(start, starts[index + 1] ?? all.length))
  }
}

function pairAt(facts: Facts, section: CdaSection, pair: Pair, [name, ...rest]: readonly Statement[]): void {
  const found = pair.values.flatMap((element) => rest.find((one) => one.element === element && one.text !== undefined) ?? [])
  const [value, ...others] = found
  if (!name || !value) return
  facts.take(name, ...found)
  const time = timeOf(value, name) ?? facts.time
  const row: ObservationRow = {
    ...facts.row(pair.name, value.at),
    category: pair.category,
    // What was observed is what the item's name says; the data element says only that it is an item.
    element: pair.loose ? value.element : '',
    name: pair.loose ? `${value.name}（${name.text}）` : (name.text as string),
    ...valueFields(value),
    ...(time !== undefined && { time }),
    ...(pair.loose && facts.kind.ofMother && { ofNewborn: true }),
    ...(others.length > 0 && { components: others.map((one) => ({ element: one.element, name: one.name, statement: one })) }),
  }
  facts.run(finding, row, value.at, section)
}
