/** `GET /ingest/quality`: what sources send, day by day, for operators. Counts alone; see quality.ts. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import type { IngestSource, Quality, QualityDoc, QualityIssue, Verdict } from './types.ts'

interface Counts extends Record<Verdict, number> {
  records: number
  /** share of sound records, of four decimals; null where there are none */
  quality: number | null
}

export interface QualityAnswer {
  from: string
  to: string
  sources: (Counts & {
    source: string
    organization: string
    days: (Counts & { day: string })[]
    /** the most frequent first; `records`: in how many each was found */
    issues: (QualityIssue & { records: number })[]
  })[]
}

const DAY_MS = 86_400_000
const DAYS_SHOWN = 30
const shifted = (day: string, days: number): string => new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10)

/** The days that are asked about. @throws OutcomeError parameter-invalid */
export function daysAsked(query: Readonly<Record<string, unknown>>, today: string): { from: string; to: string } {
  const to = dayOf(query.to, 'to') ?? today
  const from = dayOf(query.from, 'from') ?? shifted(to, 1 - DAYS_SHOWN)
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS
  if (days < 0 || days >= INGEST_BOUNDS.qualityDaysMax) throw invalid('from')
  return { from, to }
}

function dayOf(value: unknown, name: string): string | undefined {
  if (value === undefined) return undefined
  const isDay =
    typeof value === 'string' && /^[12]\d{3}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)) && shifted(value, 0) === value
  if (!isDay) throw invalid(name)
  return value
}

const invalid = (name: string): OutcomeError => new OutcomeError('parameter-invalid', { expression: [`http.${name}`], params: { name } })

export async function qualityAnswer(
  quality: Pick<Quality, 'rows'>,
  sources: readonly IngestSource[],
  { from, to }: { from: string; to: string },
): Promise<QualityAnswer> {
  const rows = Map.groupBy(
    await quality.rows(
      sources.map(({ id }) => id),
      from,
      to,
    ),
    ({ source }) => source,
  )
  return {
    from,
    to,
    sources: sources.map(({ id, organization }) => {
      const own = rows.get(id) ?? []
      const records = own.filter(({ kind }) => kind === 'record')
      const days = [...Map.groupBy(records, ({ day }) => day)].sort(([a], [b]) => (a < b ? -1 : 1))
      return {
        source: id,
        organization,
        ...countsOf(records),
        days: days.map(([day, list]) => ({ day, ...countsOf(list) })),
        issues: issuesOf(own.filter(({ kind }) => kind === 'issue')),
      }
    }),
  }
}

function countsOf(rows: readonly QualityDoc[]): Counts {
  const sum = (verdict: Verdict): number => rows.reduce((total, { name, n }) => total + (name === verdict ? n : 0), 0)
  const [sound, withIssues, refused] = [sum('sound'), sum('withIssues'), sum('refused')]
  const records = sound + withIssues + refused
  return { records, sound, withIssues, refused, quality: records === 0 ? null : Math.round((sound / records) * 10_000) / 10_000 }
}

function issuesOf(rows: readonly QualityDoc[]): (QualityIssue & { records: number })[] {
  const groups = [...Map.groupBy(rows, ({ name }) => name)].map(([name, list]) => ({
    ...(JSON.parse(name) as QualityIssue),
    records: list.reduce((total, { n }) => total + n, 0),
  }))
  return groups
    .sort((a, b) => b.records - a.records || (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    .slice(0, INGEST_BOUNDS.qualityIssuesMax)
}
