/** Bundle (R4 bundle.html, and the definition of Bundle.entry.fullUrl). */
import { objectsOf } from './items.ts'
import type { TextRule } from './rule.ts'
import { isAbsolute } from './uris.ts'

interface Entry {
  fullUrl?: unknown
  resource?: { resourceType?: unknown; id?: unknown }
}

/** What is sent to be carried out, and the answer to it, may have entries that are not identified. */
const UNIDENTIFIED: ReadonlySet<unknown> = new Set(['transaction', 'transaction-response', 'batch', 'batch-response'])
const FIRST: ReadonlySet<unknown> = new Set(['document', 'message'])
/** A URL as a RESTful server gives it. */
const RESTFUL = /^https?:\/\/[^\s#?]+\/([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})$/

export const bundleRules: TextRule = (bundle, { report }) => {
  const { type, entry } = bundle as { type?: unknown; entry?: unknown }
  const entries = objectsOf<Entry>(entry)
  if (FIRST.has(type) && entries.length === 0) report('full-url', 'first entry')
  for (const [index, each] of entries) {
    const rule = ruleBrokenBy(each, UNIDENTIFIED.has(type))
    if (rule !== undefined) report('full-url', rule, `.entry[${index}]`)
  }
}

function ruleBrokenBy({ fullUrl, resource }: Entry, mayLack: boolean): string | undefined {
  if (typeof fullUrl !== 'string') {
    // The results of operations may have resources without an identity.
    const isResult = resource?.resourceType === 'OperationOutcome' && resource.id === undefined
    return mayLack || isResult ? undefined : 'fullUrl'
  }
  if (!isAbsolute(fullUrl)) return 'absolute fullUrl'
  const [, type, id] = RESTFUL.exec(fullUrl) ?? []
  if (type === undefined || typeof resource?.id !== 'string') return undefined
  return type === resource.resourceType && id === resource.id ? undefined : 'fullUrl and id'
}
