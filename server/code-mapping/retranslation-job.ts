/** A job that translates anew what is stored: its row. */
import { randomUUID } from 'node:crypto'
import type { CodingChange } from '../ingest/codings.ts'
import type { Store } from '../store/types.ts'
import type { CodeMappingDoc, RetranslationJob } from './tables.ts'

/** What carries no source's codings of persons' data, or acts by what is in it: a consent means what its author wrote. */
const NOT_TRANSLATED: ReadonlySet<string> = new Set(
  `AuditEvent Binary Bundle CapabilityStatement CodeSystem ConceptMap Consent Group NamingSystem Parameters Provenance
  SearchParameter StructureDefinition Subscription ValueSet`.split(/\s+/),
)

export interface JobFacts {
  change: CodingChange
  conceptMap: string
  people: string[]
}

export async function jobOf(
  { store, now }: { store: Pick<Store, 'types'>; now(): Date },
  { _id: mapping, source, organization }: Pick<CodeMappingDoc, '_id' | 'source' | 'organization'>,
  { change, conceptMap, people }: JobFacts,
): Promise<RetranslationJob> {
  const types = (await store.types()).filter((type) => !NOT_TRANSLATED.has(type)).sort()
  return {
    _id: randomUUID(),
    mapping,
    source,
    organization,
    status: 'accepted',
    change: JSON.stringify(change),
    conceptMap,
    people,
    types,
    cursor: { type: 0, pass: 0, id: '' },
    seen: 0,
    written: 0,
    failed: 0,
    named: [],
    started: now(),
  }
}
