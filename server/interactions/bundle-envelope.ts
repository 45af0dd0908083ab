/**
 * The Bundle around the entries (R4 bundle.html): elements that it does not have, values of the wrong type, and empty ones, are refused. A
 * misspelt or mistyped condition would otherwise be none, and the write that it should have stopped would go through.
 */
import { OutcomeError } from '../outcome/outcome-error.ts'

const BUNDLE = elements('id implicitRules language type timestamp', 'total', 'meta identifier signature', 'link entry')
const ENTRY = elements('id fullUrl', '', 'resource search request response', 'extension modifierExtension link')
const REQUEST = elements('id method url ifNoneMatch ifModifiedSince ifMatch ifNoneExist', '', '', 'extension modifierExtension')

type Kind = 'string' | 'number' | 'object' | 'list'

function elements(strings: string, numbers: string, objects: string, lists: string): ReadonlyMap<string, Kind> {
  const of = (names: string, kind: Kind): [string, Kind][] => (names === '' ? [] : names.split(' ').map((name) => [name, kind]))
  const primitives = [...of(strings, 'string'), ...of(numbers, 'number')]
  const extended = primitives.map(([name]): [string, Kind] => [`_${name}`, 'object'])
  return new Map([...primitives, ...extended, ...of(objects, 'object'), ...of(lists, 'list'), ['resourceType', 'string']])
}

const kindOf = (value: unknown): Kind | undefined => {
  if (typeof value === 'string' || typeof value === 'number') return typeof value as Kind
  if (Array.isArray(value)) return 'list'
  return value !== null && typeof value === 'object' ? 'object' : undefined
}

/** Names of the elements only: what stands in them may be anybody's. */
function problemOf(value: unknown, known: ReadonlyMap<string, Kind>, place: string): OutcomeError | undefined {
  if (kindOf(value) !== 'object') return new OutcomeError('bundle-invalid', { expression: [place] })
  for (const [name, inner] of Object.entries(value as object)) {
    const kind = known.get(name)
    if (kind === undefined) return new OutcomeError('bundle-invalid', { expression: [`${place}.?`] })
    // No text is empty (R4 json.html).
    if (kindOf(inner) !== kind || inner === '') return new OutcomeError('bundle-invalid', { expression: [`${place}.${name}`] })
  }
  return undefined
}

/** @throws OutcomeError bundle-invalid */
export function checkBundle(bundle: unknown): void {
  const problem = problemOf(bundle, BUNDLE, 'Bundle')
  if (problem) throw problem
}

/** What is wrong with one entry and its request, but for the resource in it. */
export function entryProblem(entry: unknown, at: number): OutcomeError | undefined {
  const place = `Bundle.entry[${at}]`
  return problemOf(entry, ENTRY, place) ?? problemOf((entry as { request?: unknown }).request, REQUEST, `${place}.request`)
}

/**
 * A reference to an address that two entries have would be to either of them (bdl-7).
 * @throws OutcomeError bundle-duplicate
 */
export function refuseSameFullUrl(entries: readonly { at: number; fullUrl?: string }[]): void {
  const seen = new Set<string>()
  for (const { at, fullUrl } of entries) {
    if (fullUrl === undefined) continue
    if (seen.has(fullUrl)) throw new OutcomeError('bundle-duplicate', { expression: [`Bundle.entry[${at}].fullUrl`] })
    seen.add(fullUrl)
  }
}
