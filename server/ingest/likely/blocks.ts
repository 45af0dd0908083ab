/** Keys under which records that may be the same person's are found, so that no record is compared with all others. Pure. */
import { keyedId } from '../ids.ts'
import { featuresOf } from './features.ts'
import type { Traits } from './traits.ts'

/**
 * Two of three agree: name as it sounds, birth date, telephone, address; or the document as a whole, or without its region or its sequence.
 * Keyed hashes: a table that finds need not hold names and telephones once more.
 */
export function blocksOf(secret: Uint8Array, traits: Traits): string[] {
  const { sounds, births, phones, addresses, documents } = featuresOf(traits)
  const houses = addresses.flatMap(({ rest, whole }) => (rest === '' ? [whole] : [rest]))
  const keys: string[][] = []
  const cross = (kind: string, a: readonly string[], b: readonly string[]): void => {
    for (const x of a) for (const y of b) keys.push([kind, x, y])
  }
  const days = births.filter((birth) => birth.length === DAY_CHARACTERS)
  cross('name+birth', sounds, days)
  cross('name+phone', sounds, phones)
  cross('name+house', sounds, houses)
  cross('birth+phone', days, phones)
  cross('birth+house', days, houses)
  for (const document of documents) {
    keys.push(['document', document])
    if (document.length < LONG_DOCUMENT_CHARACTERS) continue
    keys.push(['document-begins', document.slice(0, -SEQUENCE_CHARACTERS)], ['document-ends', document.slice(-WITHOUT_REGION_CHARACTERS)])
  }
  return [...new Set(keys.map((key) => keyedId(secret, 'likely', ...key)))].slice(0, KEYS_MAX).sort()
}

const DAY_CHARACTERS = 10
/** `01:` and 18 digits: region (6), birth date (8), sequence and check character (4) */
const LONG_DOCUMENT_CHARACTERS = 20
const SEQUENCE_CHARACTERS = 4
const WITHOUT_REGION_CHARACTERS = 12
const KEYS_MAX = 60
