/** The words of a resource: those of its narrative, and beside them those that only the rest of it has, so that none stands twice. */
import type { FhirResource } from '../../fhir/types.ts'
import { TEXT_LENGTH_MAX } from '../limits.ts'
import { TEXT_ELEMENTS } from './elements.ts'
import { textOfNarrative } from './narrative.ts'
import { eachWord } from './words.ts'

export const NARRATIVE = 't:'
export const CONTENT = 'c:'

/** Receives words with where they stand in front; false: no more of them are taken. */
export type AddWord = (key: string) => boolean

export function indexText(resource: FhirResource, add: AddWord): void {
  /** as they would stand among the words of the rest */
  const narrative = new Set<string>()
  let left = TEXT_LENGTH_MAX
  const read = (text: string, prefix: string, take: (word: string) => boolean): boolean => {
    const within = text.length <= left ? text : text.slice(0, left)
    left -= within.length
    return eachWord(within, prefix, take) && left > 0
  }
  const own = narrativeOf(resource)
  const goOn =
    own === undefined ||
    read(textOfNarrative(own), '', (word) => {
      narrative.add(CONTENT + word)
      return add(NARRATIVE + word)
    })
  const addContent = (word: string): boolean => narrative.has(word) || add(word)
  if (goOn) eachText(resource, true, (text) => read(text, CONTENT, addContent))
}

function narrativeOf({ text }: FhirResource): string | undefined {
  const div = (text as { div?: unknown } | null | undefined)?.div
  return typeof div === 'string' ? div : undefined
}

/** Texts in the order in which they stand; those of contained resources and of entries too, with their narratives. */
function eachText(holder: object, isRoot: boolean, take: (text: string) => boolean): boolean {
  for (const name in holder) {
    const value = (holder as Record<string, unknown>)[name]
    if (isRoot && name === 'text') continue
    if (name === 'div' ? typeof value === 'string' && !take(textOfNarrative(value)) : !eachIn(name, value, take)) return false
  }
  return true
}

function eachIn(name: string, value: unknown, take: (text: string) => boolean): boolean {
  if (typeof value === 'string') return !TEXT_ELEMENTS.has(name) || take(value)
  if (value === null || typeof value !== 'object') return true
  return Array.isArray(value) ? value.every((item) => eachIn(name, item, take)) : eachText(value, false, take)
}
