/** The versions of a person's consents that count, in the form that is kept and shared (consent.md 3.4 steps 1 and 2). */
import type { ConsentRule, Provision, Span } from './consent-model.ts'

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
  /** when it was written down (milliseconds since the epoch): what is dated later begins later, but was said then */
  said?: number
  /** of a dateTime that is less exact than a second: the latest instant that it can mean */
  latest?: number
  /** who recorded it: an organisation's id, or `~` and the party of somebody who records for the patient; absent = as `rule` says */
  by?: string
  /** given by somebody else than the patient, or on paper, and nobody stated that it was verified */
  unverified?: true
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
  const permitAt = kept.map((version) => permitsAt(version, kept))
  const ranks = [...new Set([...kept.map((version) => version.at), ...permitAt])].sort((a, b) => a - b)
  const names = [...new Set(kept.map((version) => version.series))]
  return kept.map((version, at) => {
    const permitRank = ranks.indexOf(permitAt[at] as number)
    const rank = ranks.indexOf(version.at)
    return {
      series: names.indexOf(version.series),
      rank,
      ...(permitRank === rank ? {} : { permitRank }),
      ...inForce(version, now),
    }
  })
}

/** A refusal of that day, without a time, is not older than a permit of a time on that day: it may have come after it. */
function permitsAt(version: ConsentVersion, kept: readonly ConsentVersion[]): number {
  const at = saidAt(version)
  const later = kept.filter((other) => takesAway(other) && other.latest !== undefined && other.at < at && at <= other.latest)
  return Math.min(at, ...later.map((other) => other.at - 1))
}

/** What is dated in the future begins then, but is no newer than what is said after it was written: nobody speaks from tomorrow. */
const saidAt = ({ at, said }: ConsentVersion): number => (said === undefined ? at : Math.min(at, said))

/** Anything but a plain permit in force. */
const takesAway = (version: ConsentVersion): boolean => {
  const { root, preferences } = version.rule
  const onlyPermits = (provision: Provision): boolean => provision.effect === 'permit' && provision.nested.every(onlyPermits)
  return isSilent(version) || version.status !== 'active' || preferences !== undefined || root === undefined || !onlyPermits(root)
}

/** Denies, in force, and nothing in it permits. */
const onlyDenies = (version: ConsentVersion): boolean => {
  const { root } = version.rule
  const denies = (provision: Provision): boolean => provision.effect === 'deny' && provision.nested.every(denies)
  return !isSilent(version) && root !== undefined && denies(root)
}

/**
 * Its place in its series: what takes away counts from the latest instant that it can mean, what gives from the earliest. What
 * is dated in the future has the place of its writing, so that what is said meanwhile supersedes it: a withdrawal stays one.
 * A plain refusal keeps its day: nothing that is said before ends it.
 */
const placeOf = (version: ConsentVersion): number => {
  const isForward = saidAt(version) < version.at
  if (isForward && !onlyDenies(version)) return saidAt(version)
  return takesAway(version) ? (version.latest ?? version.at) : version.at
}

type Written = ConsentVersion & { written: number }

/**
 * Present and future of one series, and beside them the dissents in it that others do not end: an organisation, or a
 * version that nobody verified, cannot take back what somebody else said (access.md L58).
 */
function timelines(versions: readonly Written[], now: number): Written[][] {
  const line = timeline(versions, now)
  const recorders = [...new Set(versions.map(recorderOf))].sort()
  return [line, ...recorders.flatMap((recorder) => standing(recorder, versions, line, now))]
}

function timeline(versions: readonly Written[], now: number): Written[] {
  const ordered = [...versions].sort((a, b) => placeOf(a) - placeOf(b) || a.written - b.written)
  const present = ordered.findLastIndex((version) => version.at <= now)
  // What stands later in the line and begins no later is in force whenever this would be.
  const isOvertaken = (version: Written, index: number) => ordered.slice(index + 1).some((later) => later.at <= version.at)
  const future = ordered.filter((version, index) => index > present && !isOvertaken(version, index))
  const line = [...ordered.slice(present, present < 0 ? 0 : present + 1), ...future]
  while (line[0] && isSilent(line[0])) line.shift()
  return line
}

const recorderOf = (version: ConsentVersion): string => version.by ?? version.rule.recorder ?? ''

/** Everybody may end what he recorded; else only who records for the patient. Where a proof is needed, nothing ends without it. */
const mayEnd = (version: ConsentVersion, recorder: string): boolean =>
  version.unverified !== true && (recorderOf(version) === recorder || version.rule.recorder === undefined)

/** What `recorder` denied, as long as nobody ended it who may: a series of its own, in which nothing permits. */
function standing(recorder: string, versions: readonly Written[], line: readonly Written[], now: number): Written[][] {
  const ofRecorder = versions.filter((version) => recorderOf(version) === recorder)
  const isEnded = versions.some((version) => !mayEnd(version, recorder))
  if (!isEnded || ofRecorder.every((version) => isSilent(version) || !takesAway(version))) return []
  const own = timeline(
    versions.filter((version) => mayEnd(version, recorder)),
    now,
  )
  // Nobody else's version is in force or to come: the series itself says it all.
  if (own.length === line.length && own.every((version, at) => version === line[at])) return []
  const denials = own.map((version): Written => {
    const series = `${version.series}#${recorder}`
    if (recorderOf(version) !== recorder) return { ...version, series, rule: { silent: true } }
    return { ...version, series, rule: { ...version.rule, noPermit: true } }
  })
  while (denials[0] && isSilent(denials[0])) denials.shift()
  return [denials]
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
