/**
 * Groups of equivalent codes (R4 observation-operation-lastn.html): codes are the same where system and code are; what stands
 * beside each other in one CodeableConcept is equivalent, and so is what is equivalent to the same. Texts count where there is no code.
 */
import type { FhirResource } from '../fhir/types.ts'
import type { Latest } from '../store/types.ts'

/** Each group in the order of the rows. */
export function groupsOf<T extends Latest>(rows: readonly T[]): T[][] {
  const parents = new Map<string, string>()
  const rootOf = (name: string): string => {
    let root = name
    for (let up = parents.get(root); up !== undefined && up !== root; up = parents.get(root)) root = up
    parents.set(name, root)
    return root
  }
  const named = rows.map((row) => ({ row, names: namesOf(row) }))
  for (const {
    names: [first = '', ...others],
  } of named)
    for (const other of others) parents.set(rootOf(other), rootOf(first))
  return [...Map.groupBy(named, ({ names: [first = ''] }) => rootOf(first)).values()].map((group) => group.map(({ row }) => row))
}

/** The names of a code: its search keys, which say system and code; else its words, as they are written. */
function namesOf({ type, id, keys, body }: Latest): string[] {
  if (keys.length > 0) return [...keys]
  const words = body && wordsOf(JSON.parse(Buffer.from(body).toString('utf8')) as FhirResource)
  return [words === undefined ? `one ${type}/${id}` : `text ${words}`]
}

function wordsOf({ code }: FhirResource): string | undefined {
  const { text, coding } = (code ?? {}) as { text?: unknown; coding?: unknown }
  if (typeof text === 'string') return text
  const displays = (Array.isArray(coding) ? coding : []).map((one) => (one as { display?: unknown } | null)?.display)
  return displays.find((display) => typeof display === 'string')
}
