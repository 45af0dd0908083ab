/** From measurements to the Observations of the answer, one for each code and unit. */
import { type Json, type JsonObject, numberOf, printMarked } from '../../interactions/marked-json.ts'
import type { Stored } from '../../store/types.ts'
import type { Asked } from './asked.ts'
import { type Code, codeKey, type Measured, type Measurement } from './measurements.ts'
import { type Dimension, displayOf, type Result, statistic, type Value } from './statistics.ts'

export interface CodeResults {
  code: Code
  /** absent where no value is valid */
  unit?: { code: string; text: string }
  values: Value[]
  /** measurements of the code, whatever their unit, and without a valid value too */
  total: number
}

interface Of extends Measured {
  doc: Stored
}

interface Group {
  code: Code
  all: Map<string, Measurement>
}

/** Codes in the order in which they are asked for, those of the parts of panels behind them. */
export function resultsOf(asked: readonly Code[], found: readonly Of[], members: readonly Of[]): CodeResults[] {
  const groups = new Map<string, Group>(asked.map((code) => [codeKey(code), { code, all: new Map() }]))
  const askedKeys = new Set(groups.keys())
  const isAsked = (code: Code) => askedKeys.has(codeKey(code))
  const panels = new Set<string>()
  /** A measurement counts once for a code, by whatever way it is reached. */
  const add = (code: Code, name: string, measurement: Measurement): void => {
    const group = groups.get(codeKey(code)) ?? { code, all: new Map() }
    groups.set(codeKey(code), { ...group, code: { ...code, ...group.code } })
    group.all.set(name, measurement)
  }
  const memberOf = new Map(members.map((member) => [member.doc.id, member]))
  const addParts = ({ doc, components }: Of, wanted: (code: Code) => boolean): void => {
    components.forEach((component, n) => {
      for (const code of component.codes.filter(wanted)) add(code, `${doc.id}/${n}`, component)
    })
  }
  for (const one of found) {
    const own = one.own.codes.filter(isAsked)
    const parts = one.components.length + one.members.length
    for (const code of own) {
      // A panel is no measurement itself.
      if (one.own.value || parts === 0) add(code, one.doc.id, one.own)
      else panels.add(codeKey(code))
    }
    const isFirst = first(one.components)
    addParts(one, (code) => isAsked(code) || (own.length > 0 && isFirst(code)))
    if (own.length === 0) continue
    for (const id of one.members) {
      const member = memberOf.get(id)
      if (!member) continue
      const [code] = member.own.codes
      if (code && (member.own.value || member.components.length === 0)) add(code, member.doc.id, member.own)
      addParts(member, first(member.components))
    }
  }
  const shown = [...groups].filter(([key, group]) => group.all.size > 0 || !panels.has(key))
  return (shown.length > 0 ? shown : [...groups]).flatMap(([, group]) => byUnit(group))
}

/** Of each part its first code, so that translations of it are no results of their own. */
function first(components: readonly Measurement[]): (code: Code) => boolean {
  const firsts = new Set(components.map(({ codes: [code] }) => code))
  return (code) => firsts.has(code)
}

function byUnit({ code, all }: Group): CodeResults[] {
  const values = [...all.values()].flatMap(({ value }) => value ?? [])
  const total = all.size
  if (values.length === 0) return [{ code, values: [], total }]
  return [...Map.groupBy(values, ({ unit }) => unit)].map(([unit, own]) => ({
    code,
    unit: { code: unit, text: own[0]?.unitText ?? unit },
    values: own,
    total,
  }))
}

const STATISTICS = 'http://terminology.hl7.org/CodeSystem/observation-statistics'
const ABSENT = 'http://terminology.hl7.org/CodeSystem/data-absent-reason'
const UCUM = 'http://unitsofmeasure.org'

export function statisticsText({ subject, period, statistics }: Asked, results: CodeResults): string {
  const { system, code, display } = results.code
  const coding = { ...(system === '' ? {} : { system }), code, ...(display === undefined ? {} : { display }) }
  const component = statistics.flatMap((name) =>
    statistic(name, results.values, results.total).map((result) => componentOf(name, result, results.unit)),
  )
  return printMarked({
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [coding] },
    subject: { reference: subject },
    ...(period ? { effectivePeriod: period } : {}),
    component,
  })
}

const PARTS: Record<string, string> = { gradient: 'Gradient', intercept: 'Intercept at the first measurement' }

function componentOf(name: string, { number, dimension, part }: Result, unit: CodeResults['unit']): JsonObject {
  const coding = [{ system: STATISTICS, code: name, display: displayOf(name) }]
  const code = { coding, ...(part === undefined ? {} : { text: PARTS[part] as string }) }
  if (number === undefined) return { code, dataAbsentReason: { coding: [{ system: ABSENT, code: 'not-applicable' }] } }
  return { code, valueQuantity: { value: numberOf(number), ...unitOf(dimension, unit) } }
}

/** UCUM has no square or quotient of every unit: those are in words. */
function unitOf(dimension: Dimension, unit: CodeResults['unit']): Record<string, Json> {
  if (dimension === 'none' || !unit) return { unit: '1', system: UCUM, code: '1' }
  if (dimension === 'square') return { unit: `(${unit.text})²` }
  if (dimension === 'per-day') return { unit: `(${unit.text})/d` }
  return { unit: unit.text, system: UCUM, code: unit.code }
}
