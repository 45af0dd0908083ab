/** What is known of one resource: per source the newest statement of each of its elements. */
import type { SourceKind } from '../../../mappings/engine/types.ts'

/**
 * When something was said; strings that sort. `statedAt` is the source's own time, so that the newest statement wins and
 * not the latest arrival (formats.md D23); between statements of one instant the one wins that the source puts after the
 * other, then the later arrival, then the text itself, so that the order is total.
 */
export type Stamp = string

/**
 * First character of a stamp. A record that only mentions a thing (a report names its visit) says less than any record
 * that is about it, whatever their sources.
 */
export const MENTION = '0'
export const STATEMENT = '1'
export const isMention = (at: Stamp): boolean => at.startsWith(MENTION)

/**
 * Whether each of many records says it alike, by the stamp of its state: nothing in it tells one of them from the other. It seldom changes what is
 * kept, so it is not worth a turn.
 */
export const isSaidAlike = (at: Stamp): boolean => at.endsWith('|')

const INSTANT_CHARACTERS = 24

/** When it was said. */
export const instantOf = (at: Stamp): string => at.slice(1, 1 + INSTANT_CHARACTERS)

/** An element, or elements that only make sense together (value[x] with its interpretation): all or nothing. */
export interface Unit {
  at: Stamp
  /** element name to its JSON text */
  members: Record<string, string>
}

/** One member of a list that is united over statements, under the key that makes it the same member. */
export interface ListEntry {
  at: Stamp
  /** first time and place that it was named, for a stable order */
  first: string
  /** JSON texts; several where one statement gives several under one key (two codes of one system) */
  items: string[]
}

/** All that one source said of one resource and of one record of a patient. Joining two of them is associative, commutative and idempotent. */
export interface Statement {
  source: string
  /**
   * What is kept apart from what else the source says of the thing, and is taken back by itself. Of an Encounter: id of the one under whose number it
   * was said, where that turned out to be this visit (../visit), or what a version of a document says of its lists (lists-apart.ts); else what says it
   * (MappedResource.apart). Absent: the source's plain word
   */
  via?: string
  /**
   * It says no more than whether the thing is taken back with a set in which it stands (../line-verdicts.ts), and its status where a settlement paid for
   * it, by what was known then: text that sorts; or what follows from the request that a thing answers (../exchanges.ts). One that does neither says nothing
   */
  verdict?: string
  kind: SourceKind
  /** organisation id of the source: the custodian of what it says */
  organization: string
  state: { at: Stamp; withdrawn: boolean }
  /** the source's own record of the patient */
  patient?: { at: Stamp; id: string }
  units: Record<string, Unit>
  lists: Record<string, Record<string, ListEntry>>
}

/** Who says it: a source, of each visit that was joined to this one, and of each of the things that say it apart, by itself. */
export const speakerOf = ({ source, via = '', verdict }: Pick<Statement, 'source' | 'via' | 'verdict'>): string =>
  verdict !== undefined ? `${VERDICT}${via}` : via === '' ? source : `${source} ${via}`

/** Instant of the newest statement of the thing as of the patient's; who takes it back does not name the patient. Empty: nobody stated it. */
export function saidAt(statements: readonly Statement[]): string {
  const stamps = statements.flatMap(({ patient }) => (patient ? [instantOf(patient.at)] : []))
  return stamps.sort().at(-1) ?? ''
}

/** Of what only a request says, whose answer is not known: it is no reason for the thing to stand. */
export const askedVia = (message: string): string => `${ASKED}${message}`
export const isAsked = (via: Statement['via']): boolean => via?.startsWith(ASKED) === true
/** Ids have no such character. */
const ASKED = '~'

/** There is one verdict, of what is said apart one for each who says it, whoever brought what it follows from; no source has this name. */
const VERDICT = ' verdict'

/** Statements of one voice are kept as one: what a speaker says of one record of a patient. A number that is used again is another one's by then. */
export const voiceOf = (statement: Pick<Statement, 'source' | 'via' | 'verdict' | 'patient'>): string =>
  statement.patient === undefined ? speakerOf(statement) : `${speakerOf(statement)}|${statement.patient.id}`

/** The resource that statements add up to. */
export interface Folded {
  type: string
  id: string
  /** compact JSON text without versionId and lastUpdated */
  text: string
  custodian: string
  withdrawn: boolean
  /** persons of every source that speaks, whether or not the resource refers to them */
  persons: string[]
  /** voices that do not speak, since they say it of another person */
  apart: string[]
}
