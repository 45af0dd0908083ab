/** Where in a Bundle something is wrong: what is refused of an entry is told at its element (R4 http.html#transaction-response). */
import { OutcomeError } from '../outcome/outcome-error.ts'
import { CONDITIONS, type EntryRequest } from './bundle-entries.ts'
import { conditionsIn } from './preconditions.ts'

/**
 * A failure inside a transaction says which entry it is about.
 * @param criteriaIn element of the request in which search criteria stand
 */
export function failAt(entry: EntryRequest, error: unknown, criteriaIn?: 'url' | 'ifNoneExist'): never {
  if (!(error instanceof OutcomeError)) throw error
  const place = `Bundle.entry[${entry.at}]`
  const conditions = conditionsIn({ header: (name) => entry.headers[name] }).expression?.[0]
  throw new OutcomeError(
    error.issues.map((issue) => {
      const said = issue.expression?.[0] ?? (issue.code === 'version-conflict' ? conditions : undefined)
      // The type that an address names; that of a reference has a place.
      if (said === undefined && issue.code === 'resource-type-unknown') return { ...issue, expression: [`${place}.request.url`] }
      return { ...issue, expression: [placeIn(place, said, criteriaIn)] }
    }),
  )
}

const REQUEST_ELEMENTS = new Map(Object.entries(CONDITIONS).map(([element, header]) => [`http.${header}`, element]))

/** Elements of the resource, conditions of the request; what is named by a search parameter is the entry's query. */
function placeIn(entry: string, expression: string | undefined, criteriaIn: string | undefined): string {
  if (expression === undefined || expression.startsWith(entry)) return expression ?? entry
  const condition = REQUEST_ELEMENTS.get(expression.toLowerCase())
  if (condition) return `${entry}.request.${condition}`
  if (/^[A-Z]\w*\./.test(expression)) return `${entry}.resource.${expression.replace(/^[A-Z]\w*\./, '')}`
  return expression === 'resourceType' || expression === 'id'
    ? `${entry}.resource.${expression}`
    : criteriaIn
      ? `${entry}.request.${criteriaIn}`
      : entry
}
