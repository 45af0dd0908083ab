/** The search parameter types that are built; composite parameters are made of these. The one special parameter of R4 is `near`. */
import { date } from './date.ts'
import { near } from './near.ts'
import { number } from './number.ts'
import { quantity } from './quantity.ts'
import { reference } from './reference.ts'
import type { SearchType } from './search-type.ts'
import { string } from './string.ts'
import { token } from './token.ts'
import { uri } from './uri.ts'

export const SEARCH_TYPES: ReadonlyMap<string, SearchType> = new Map([
  ['token', token],
  ['reference', reference],
  ['string', string],
  ['date', date],
  ['number', number],
  ['quantity', quantity],
  ['uri', uri],
  ['special', near],
])
