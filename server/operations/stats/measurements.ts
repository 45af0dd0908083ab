/** What Observations measure: their own value and those of their components, by code (R4 observation-operation-stats.html). */
import { parseDate } from '../../fhir/date.ts'
import { parseReference } from '../../fhir/reference.ts'
import { type DecimalTexts, parseStored } from '../../fhir/resource-text.ts'
import { bodyText } from '../../interactions/answers.ts'
import type { FhirDeps } from '../../interactions/types.ts'
import type { Stored } from '../../store/types.ts'
import { exactOf } from './exact.ts'
import type { Value } from './statistics.ts'

const UCUM = 'http://unitsofmeasure.org'

export interface Code {
  system: string
  code: string
  display?: string
}

export interface Measurement {
  codes: Code[]
  /** absent: it has no valid one */
  value?: Value & { unit: string; unitText: string }
}

export interface Measured {
  own: Measurement
  components: Measurement[]
  /** ids of the Observations that belong to a panel */
  members: string[]
}

export const codeKey = ({ system, code }: Code): string => `${system}|${code}`

type Node = Record<string, unknown>

const nodes = (value: unknown): Node[] =>
  (Array.isArray(value) ? value : []).filter((one): one is Node => one !== null && typeof one === 'object')

export function measuredBy({ baseUrl, zone }: Pick<FhirDeps, 'baseUrl' | 'zone'>, doc: Stored): Measured {
  const { resource, decimals } = parseStored(bodyText(doc))
  const time = timeOf(resource, zone)
  return {
    own: measurementOf(resource, decimals, time),
    // A modifier of the whole holds for its parts as well.
    components: nodes(resource.component).map((part) => measurementOf(part, decimals, time, isModified(resource))),
    members: nodes(resource.hasMember).flatMap(({ reference }) => {
      const target = typeof reference === 'string' ? parseReference(reference, baseUrl) : undefined
      return target?.kind === 'local' && target.type === 'Observation' ? [target.id] : []
    }),
  }
}

/** The beginning of the time of the measurement. */
function timeOf(resource: Node, zone: FhirDeps['zone']): number | undefined {
  const { effectiveDateTime, effectiveInstant, effectivePeriod } = resource
  const start = effectiveDateTime ?? effectiveInstant ?? (effectivePeriod as { start?: unknown } | undefined)?.start
  return typeof start === 'string' ? parseDate(start, zone)?.lo : undefined
}

const isModified = ({ modifierExtension }: Node): boolean => nodes(modifierExtension).length > 0

function measurementOf(node: Node, decimals: DecimalTexts, time: number | undefined, isExcluded = false): Measurement {
  const codes = nodes((node.code as Node | undefined)?.coding).flatMap(({ system, code, display }): Code[] =>
    typeof code === 'string'
      ? [{ system: typeof system === 'string' ? system : '', code, ...(typeof display === 'string' ? { display } : {}) }]
      : [],
  )
  const value = isExcluded || isModified(node) ? undefined : quantityOf(node.valueQuantity, decimals, time)
  return { codes, ...(value ? { value } : {}) }
}

/** A number in a unit of UCUM; with a comparator (`<5`) it is none that could be reckoned with. */
function quantityOf(quantity: unknown, decimals: DecimalTexts, time: number | undefined): Measurement['value'] {
  const { value, comparator, system, code, unit } = (quantity ?? {}) as Node
  if (typeof value !== 'number' || comparator !== undefined || system !== UCUM || typeof code !== 'string') return undefined
  const text = decimals.text(quantity as Node, 'value')
  const exact = exactOf(text)
  if (!exact) return undefined
  return { exact, text, unit: code, unitText: typeof unit === 'string' ? unit : code, ...(time === undefined ? {} : { time }) }
}
