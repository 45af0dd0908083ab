/** If-Match, If-Unmodified-Since and If-None-Match (RFC 9110 13, R4 http.html#concurrency): of a write as the version that it expects. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Stored } from '../store/types.ts'
import type { Draft } from '../writer/types.ts'
import { versionOf } from './answers.ts'
import { inSeconds, momentOf } from './moment.ts'
import type { FhirRequest } from './types.ts'

/**
 * The version of nothing: a write that expects it is refused, though only after it is known that its caller may see and
 * write what stands there. So a failed condition never tells of what is hidden.
 */
const NO_VERSION = -1

type Standing = Pick<Stored, 'v' | 'deleted' | 'at'> | undefined

/** @throws OutcomeError precondition-invalid */
export function expectedVersion(request: Pick<FhirRequest, 'header'>, current: Standing): Draft['expect'] {
  const ifMatch = request.header('if-match')
  const standing = current && !current.deleted ? current : undefined
  const matched =
    ifMatch === undefined
      ? unmodified(request, standing)
      : isAny(ifMatch)
        ? (standing?.v ?? NO_VERSION)
        : oneOf(versionsOf(ifMatch, 'If-Match'), current)
  const ifNoneMatch = request.header('if-none-match')
  if (ifNoneMatch === undefined) return matched
  if (isExcluded(ifNoneMatch, standing)) return NO_VERSION
  return matched === 'any' ? unlessMade(ifNoneMatch, current) : matched
}

/** If-Unmodified-Since is asked where there is no If-Match (RFC 9110 13.2.2), and of what stands: what was looked at is then what is written over. */
function unmodified(request: Pick<FhirRequest, 'header'>, standing: Standing): Draft['expect'] {
  const since = momentOf(request.header('if-unmodified-since'))
  if (Number.isNaN(since) || !standing) return 'any'
  return inSeconds(standing.at) <= since ? standing.v : NO_VERSION
}

/** A list of tags asks that one of them is what stands, also as deleted. */
const oneOf = (versions: readonly number[], current: Standing): number =>
  current && versions.includes(current.v) ? current.v : (versions[0] ?? NO_VERSION)

/** Empty elements of a list are passed over (RFC 9110 5.6.1.2), but not a list of nothing else. */
function versionsOf(text: string, header: string): number[] {
  const tags = text.split(',').filter((tag) => tag.trim() !== '')
  return (tags.length > 0 ? tags : [text]).map((tag) => versionOf(tag, header))
}

const isAny = (text: string): boolean => text.trim() === '*'

function isExcluded(text: string, standing: Standing): boolean {
  if (isAny(text)) return standing !== undefined
  const versions = versionsOf(text, 'If-None-Match')
  return standing !== undefined && versions.includes(standing.v)
}

/** `*`: of two writers that find nothing only one makes it; a deleted resource is one that has a version to go on from. */
function unlessMade(text: string, current: Standing): Draft['expect'] {
  return isAny(text) ? (current?.v ?? 'absent') : 'any'
}

/**
 * If-Match, or without it If-Unmodified-Since, of a read (RFC 9110 13.1.1, 13.1.4; R4 says nothing of either). It is asked of what is there
 * to be answered with: what is not found or gone is answered as it is without a condition (13.2.1). Tags are compared by the version that they
 * name, as those of writes: ours are weak, and no strong comparison would ever hold.
 * @throws OutcomeError precondition-invalid at once, so that it does not depend on what is there; version-conflict what is returned
 */
export function conditionOfRead(request: Pick<FhirRequest, 'header'>): (standing: { v: number; at?: Date }) => void {
  const ifMatch = request.header('if-match')
  if (ifMatch === undefined) {
    const since = momentOf(request.header('if-unmodified-since'))
    return ({ at }) => {
      // The masked forms do not tell the time, and so it is not asked about either.
      if (at && inSeconds(at) > since) throw new OutcomeError('version-conflict', { expression: ['http.If-Unmodified-Since'] })
    }
  }
  const versions = isAny(ifMatch) ? undefined : versionsOf(ifMatch, 'If-Match')
  return ({ v }) => {
    if (versions?.includes(v) === false) throw new OutcomeError('version-conflict', { expression: ['http.If-Match'] })
  }
}

const OF_WRITES = ['If-Match', 'If-None-Match', 'If-Unmodified-Since']

/** The conditions that a write has, as an issue names them: where it is refused, one of them does not hold. */
export function conditionsIn(request: Pick<FhirRequest, 'header'>): { expression?: string[] } {
  const found = OF_WRITES.filter((name) => request.header(name.toLowerCase()) !== undefined)
  return found.length === 0 ? {} : { expression: found.map((name) => `http.${name}`) }
}

/** Where nothing stands no condition that asks for something holds. @throws OutcomeError version-conflict */
export function requireNoMatchAsked(request: Pick<FhirRequest, 'header'>): void {
  if (request.header('if-match') !== undefined) throw new OutcomeError('version-conflict', { expression: ['http.If-Match'] })
}
