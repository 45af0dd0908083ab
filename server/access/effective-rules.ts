/** The versions of a person's consents that count, in the form that is kept and shared (consent.md 3.4 steps 1 and 2). */
import type { ConsentRule } from './consent-model.ts'

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
  const counted = versions.map((version, index) => ({ ...version, written: version.written ?? index })).filter((version) => !IGNORED.has(version.status))
  const kept = [...new Set(counted.map((version) => version.series))].flatMap((series) =>
    timeline(counted.filter((version) => version.series === series), now),
  )
  const ranks = [...new Set(kept.map((version) => version.at))].sort((a, b) => a - b)
  const names = [...new Set(kept.map((version) => version.series))]
  return kept.map((version) => ({ series: names.indexOf(version.series), rank: ranks.indexOf(version.at), ...inForce(version, now) }))
}

type Written = ConsentVersion & { written: number }

/** Present and future of one series; nothing of it remains when it says nothing now nor later. */
function timeline(versions: readonly Written[], now: number): Written[] {
  const ordered = [...versions].sort((a, b) => a.at - b.at || a.written - b.written)
  const begun = ordered.filter((version) => version.at <= now)
  const present = begun.slice(-1)
  const future = ordered.filter((version) => version.at > now)
  const line = [...present, ...future]
  while (line[0] && isSilent(line[0])) line.shift()
  return line
}

const isSilent = (version: ConsentVersion): boolean => version.rule.silent === true || (version.status !== 'active' && version.status !== 'rejected')

function inForce(version: ConsentVersion, now: number): Omit<ConsentRule, 'series' | 'rank'> {
  const begins = version.at > now ? { notBefore: version.at } : {}
  if (isSilent(version)) return { ...begins, silent: true }
  return { ...begins, ...version.rule, ...(version.status === 'rejected' ? { refusal: true as const } : {}) }
}
