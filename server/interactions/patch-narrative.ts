/**
 * The narrative of what was patched (R4 http.html#patch): it must not say what the data do not say any more. One that was made of
 * the data goes with what it was made of; one that says more is somebody's own words, and only he knows whether they still hold.
 */
import { members } from '../fhir/resource-text.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'

/** R4 narrative-status: everything that they say is in the data. */
const MADE_OF_DATA: ReadonlySet<unknown> = new Set(['generated', 'extensions'])
/** What no narrative tells. */
const NOT_TOLD: ReadonlySet<string> = new Set(['text', 'meta', 'id'])

/**
 * @param before the resource as it stands
 * @param after the same, patched; compact
 * @throws OutcomeError patch-narrative
 */
export function withSafeNarrative(before: string, after: string): string {
  if (!after.startsWith('{')) return after
  const [old, patched] = [valuesOf(before), valuesOf(after)]
  const narrative = old.get('text')
  if (narrative === undefined || patched.get('text') !== narrative) return after
  const names = new Set([...old.keys(), ...patched.keys()])
  if ([...names].every((name) => NOT_TOLD.has(name) || old.get(name) === patched.get(name))) return after
  const { status } = JSON.parse(narrative) as { status?: unknown }
  if (status === 'empty') return after
  if (!MADE_OF_DATA.has(status)) throw new OutcomeError('patch-narrative', { expression: ['text'] })
  const kept = members(after).filter(({ key }) => key !== 'text')
  return `{${kept.map(({ key, valueStart, valueEnd }) => `${JSON.stringify(key)}:${after.slice(valueStart, valueEnd)}`).join(',')}}`
}

/** Escapes apart, the same value has the same text. */
const valuesOf = (text: string): Map<string, string> =>
  new Map(members(text).map(({ key, valueStart, valueEnd }) => [key, sameText(text.slice(valueStart, valueEnd))]))

const sameText = (value: string): string => (value.includes('\\') ? JSON.stringify(JSON.parse(value)) : value)
