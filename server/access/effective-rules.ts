/** The versions of a person's consents that count, in the form that is kept and shared (consent.md 3.4 steps 1 and 2). */
import type { ConsentRule, Span } from './consent-model.ts'

/** One version of a consent series. */
export interface ConsentVersion {
  /** identity of the series within the person */
  series: string
  /** dateTime: earliest instant that its text can mean */
  at: number
  /** Consent.status */
  status: string
  /** order of writing where dateTimes are equal; absent = the later in the list */
  written?: number
  rule: Omit<ConsentRule, 'series' | 'rank'>
}

/** Statuses that are ignored altogether, as if the version did not exist. */
const IGNORED = new Set(['draft', 'entered-in-error'])

/**
 * Drops what does not count and orders the rest: of each series the newest version that has begun and all that will begin;
 * dateTimes become ranks, and only a beginning in the future is kept as a date. A version that is not in force (inactive,
 * proposed) is kept where it ends an earlier one.
 */
export function normaliseRules(versions: readonly ConsentVersion[], now: number): ConsentRule[] {
  const counted = versions
    .map((version, index) => ({ ...version, written: version.written ?? index }))
    .filter((version) => !IGNORED.has(version.status))
  const kept = [...new Set(counted.map((version) => version.series))].flatMap((series) =>
    timelines(
      counted.filter((version) => version.series === series),
      now,
    ).flat(),
  )
  const ranks = [...new Set(kept.map((version) => version.at))].sort((a, b) => a - b)
  const names = [...new Set(kept.map((version) => version.series))]
  return kept.map((version) => ({ series: names.indexOf(version.series), rank: ranks.indexOf(version.at), ...inForce(version, now) }))
}

type Written = ConsentVersion & { written: number }

/** Present and future of one series, and what its present version does not end for the organisation that recorded it. */
function timelines(versions: readonly Written[], now: number): Written[][] {
  const ordered = [...versions].sort((a, b) => a.at - b.at || a.written - b.written)
  const begun = ordered.filter((version) => version.at <= now)
  const present = begun.at(-1)
  const future = ordered.filter((version, index) => version.at > now && ordered[index + 1]?.at !== version.at)
  const line = [...(present ? [present] : []), ...future]
  while (line[0] && isSilent(line[0])) line.shift()
  return [line, stillAgainst(present, begun)]
}

/**
 * An organisation cannot end a dissent by recording a newer version of its series (access.md L58): what somebody else
 * recorded before still denies, for that organisation alone.
 */
function stillAgainst(present: Written | undefined, begun: readonly Written[]): Written[] {
  const recorder = present?.rule.recorder
  if (present === undefined || recorder === undefined) return []
  const former = begun.filter((version) => version.rule.recorder !== recorder).at(-1)
  if (!former || isSilent(former)) return []
  return [{ ...former, series: `${former.series}#${recorder}`, rule: { ...former.rule, onlyFor: recorder, noPermit: true } }]
}

const isSilent = (version: ConsentVersion): boolean =>
  version.rule.silent === true || (version.status !== 'active' && version.status !== 'rejected')

function inForce(version: ConsentVersion, now: number): Omit<ConsentRule, 'series' | 'rank'> {
  const begins = version.at > now ? { notBefore: version.at } : {}
  const { period, ...rule } = version.rule
  // What is over stays over, and what has begun has no beginning any more: fewer dates, so that more patients share a class.
  const isOver = period?.until !== undefined && period.until <= now
  if (isSilent(version) || isOver) return { ...begins, silent: true }
  const left = periodLeft(period, now)
  return { ...begins, ...(left ? { period: left } : {}), ...rule, ...(version.status === 'rejected' ? { refusal: true as const } : {}) }
}

function periodLeft(period: Span | undefined, now: number): Span | undefined {
  if (!period) return undefined
  const { from, until } = period
  const left = { ...(from !== undefined && from > now ? { from } : {}), ...(until === undefined ? {} : { until }) }
  return Object.keys(left).length === 0 ? undefined : left
}
