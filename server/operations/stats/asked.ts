/** The in-parameters of Observation/$stats. */
import { parseDate } from '../../fhir/date.ts'
import { parseReference } from '../../fhir/reference.ts'
import { checkParameters } from '../../interactions/parameters.ts'
import type { FhirDeps, FhirRequest } from '../../interactions/types.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { paramError } from '../../search/parse/names.ts'
import { type InParameter, inParameters, oneBoolean, onePositive, oneText } from '../in-parameters.ts'
import { type Code, codeKey } from './measurements.ts'
import { isStatistic } from './statistics.ts'

const UNDERSTOOD: ReadonlySet<string> = new Set([
  ...['subject', 'code', 'system', 'coding', 'duration', 'period', 'statistic', 'include', 'limit'],
])
const CODES_MAX = 100
const HOUR_MS = 3_600_000
const DURATION_HOURS_MAX = 2_000_000
export const SOURCES_MAX = 1000

export interface Asked {
  /** as it is answered, and as it is searched for */
  subject: string
  codes: Code[]
  statistics: string[]
  period?: { start?: string; end?: string }
  /** so many of the Observations on which the answer rests */
  sources: number
}

/** @throws OutcomeError parameter-missing, parameter-invalid, parameter-repeated, parameter-values */
export function askedOf(deps: FhirDeps, request: FhirRequest): Asked {
  const sent = inParameters(request)
  checkParameters(
    request,
    sent.map(({ name }) => [name, '']),
    { understood: UNDERSTOOD },
  )
  const statistics = [...new Set(textsOf(sent, 'statistic'))]
  if (statistics.length === 0) throw paramError('parameter-missing', 'statistic')
  if (!statistics.every(isStatistic)) throw paramError('parameter-invalid', 'statistic')
  const include = oneBoolean(sent, 'include') ?? false
  const period = periodOf(deps, sent)
  return {
    subject: subjectOf(deps, sent),
    codes: codesOf(sent),
    statistics,
    ...(period ? { period } : {}),
    // Without `include` the limit says nothing, whatever it is.
    sources: include ? Math.min(onePositive(sent, 'limit') ?? SOURCES_MAX, SOURCES_MAX) : 0,
  }
}

/** Each may be a list in the query, as `statistic=average,maximum`. */
const textsOf = (sent: readonly InParameter[], name: string): string[] =>
  sent
    .filter((one) => one.name === name)
    .flatMap(({ value, at }) => {
      if (typeof value !== 'string' || value === '') throw paramError('parameter-invalid', name)
      return at === undefined ? value.split(',') : [value]
    })

function subjectOf(deps: FhirDeps, sent: readonly InParameter[]): string {
  const text = oneText(sent, 'subject')
  if (text === undefined) throw paramError('parameter-missing', 'subject')
  const target = parseReference(text, deps.baseUrl)
  if (target?.kind === 'local' && target.version === undefined) return `${target.type}/${target.id}`
  if (target?.kind === 'absolute') return text
  throw paramError('parameter-invalid', 'subject')
}

function codesOf(sent: readonly InParameter[]): Code[] {
  const system = oneText(sent, 'system')
  const plain = textsOf(sent, 'code')
  if (plain.length > 0 && system === undefined) throw paramError('parameter-missing', 'system')
  const codings = sent.filter(({ name }) => name === 'coding').map(codingOf)
  const codes = new Map([...plain.map((code) => ({ system: system ?? '', code })), ...codings].map((code) => [codeKey(code), code]))
  if (codes.size === 0) throw paramError('parameter-missing', 'code')
  if (codes.size > CODES_MAX) throw paramError('parameter-values', 'code', { max: String(CODES_MAX) })
  return [...codes.values()]
}

/** A Coding; in a query `system|code`. */
function codingOf({ value }: InParameter): Code {
  const {
    system = '',
    code,
    display,
  } = typeof value === 'string'
    ? { system: value.split('|')[0], code: value.split('|').slice(1).join('|') }
    : ((value ?? {}) as Record<string, unknown>)
  if (typeof code !== 'string' || code === '' || typeof system !== 'string') throw paramError('parameter-invalid', 'coding')
  return { system, code, ...(typeof display === 'string' ? { display } : {}) }
}

function periodOf(deps: FhirDeps, sent: readonly InParameter[]): Asked['period'] {
  const hours = oneText(sent, 'duration')
  const [period, ...others] = sent.filter(({ name }) => name === 'period')
  if (others.length > 0) throw paramError('parameter-repeated', 'period')
  if (hours !== undefined) {
    // A period is for where there is no duration.
    if (period) throw paramError('parameter-invalid', 'period')
    const length = /^\d+(?:\.\d+)?$/.test(hours) ? Number(hours) : 0
    if (!(length > 0 && length <= DURATION_HOURS_MAX)) throw paramError('parameter-invalid', 'duration')
    const end = deps.now()
    return { start: new Date(end.getTime() - length * HOUR_MS).toISOString(), end: end.toISOString() }
  }
  if (!period) return undefined
  const { start, end } = (typeof period.value === 'object' ? (period.value ?? {}) : {}) as Record<string, unknown>
  const [from, until] = [start, end].map((one) => (typeof one === 'string' ? parseDate(one, deps.zone) : undefined))
  const isWhole = (start === undefined || from) && (end === undefined || until) && (from ?? until)
  if (!isWhole || (from && until && until.hi <= from.lo))
    throw new OutcomeError('parameter-invalid', { expression: [period.at ?? 'period'], params: { name: 'period' } })
  return { ...(from ? { start: String(start) } : {}), ...(until ? { end: String(end) } : {}) }
}
