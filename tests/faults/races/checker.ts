/** Looks into every answer: whose resources are in it, and was one of them to be hidden when the request began? */
import type { Audience, Denials } from './denials.ts'

export interface Leak {
  audience: Audience
  what: string
  person: number
  type: string
  /** ms between the acknowledgement and the start of the request */
  start: number
}

export interface Tally {
  responses: number
  rows: number
  leaks: Leak[]
}

export interface Answered {
  audience: Audience
  /** kind of request, for the report */
  what: string
  text: string
  start: number
  end: number
}

export interface Checker {
  readonly tally: Tally
  /** numbers of the persons of whom the answer shows something of the hospital's */
  look(answer: Answered): Set<number>
  /** ids under which a person's Patient resources are known to those who see real ids */
  know(person: number, patients: readonly string[]): void
}

const LEAKS_MAX = 1000

interface Resource {
  resourceType: string
  id?: string
  entry?: { resource?: Resource }[]
}

export function createChecker(denials: Denials): Checker {
  const tally: Tally = { responses: 0, rows: 0, leaks: [] }
  /** `audience|Patient id` → person; pseudonyms are learnt from resources that carry a mark */
  const patients = new Map<string, number>()
  return {
    tally,
    know(person, ids) {
      for (const id of ids) for (const audience of ['insurer', 'clinician'] as const) patients.set(`${audience}|${id}`, person)
    },
    look({ audience, what, text, start, end }) {
      const seen = new Set<number>()
      tally.responses++
      for (const row of rowsOf(text)) {
        tally.rows++
        for (const person of personsOf(row, audience, patients)) {
          seen.add(person)
          if (!denials.mustBeHidden(person, audience, start, end) || tally.leaks.length >= LEAKS_MAX) continue
          tally.leaks.push({ audience, what, person, type: row.type, start })
        }
      }
      return seen
    },
  }
}

interface Row {
  type: string
  id: string
  text: string
}

/** Resources of a bundle, of NDJSON, or one by itself. */
function rowsOf(text: string): Row[] {
  if (text === '') return []
  const lines = text.startsWith('{"resourceType":"Bundle"') ? [text] : text.split('\n')
  return lines.flatMap((line) => {
    if (line === '') return []
    const resource = JSON.parse(line) as Resource
    const list = resource.resourceType === 'Bundle' ? (resource.entry ?? []).flatMap((entry) => entry.resource ?? []) : [resource]
    return list.map((one) => ({ type: one.resourceType, id: one.id ?? '', text: JSON.stringify(one) }))
  })
}

const MARK = /"7(\d{6})"|"value":7(\d{6})\b|RACE-(\d{6})/g
const PATIENT = /"Patient\/([A-Za-z0-9\-.]{1,64})"/g

/** Marks stand in what hospital H1 wrote; everything that refers to the Patient counts for those to whom all must be hidden. */
function personsOf({ type, id, text }: Row, audience: Audience, patients: Map<string, number>): Set<number> {
  const found = new Set<number>()
  if (type === 'OperationOutcome') return found
  for (const match of text.matchAll(MARK)) found.add(Number(match[1] ?? match[2] ?? match[3]))
  const named = [...text.matchAll(PATIENT)].map(([, patient = '']) => patient)
  const [marked] = found
  if (audience === 'researcher' && found.size === 1 && named.length === 1) patients.set(`researcher|${named[0]}`, marked as number)
  // The other hospital's own records of a patient stay its own.
  if (audience === 'clinician') return found
  for (const patient of type === 'Patient' ? [id, ...named] : named) {
    const person = patients.get(`${audience}|${patient}`)
    if (person !== undefined) found.add(person)
  }
  return found
}
