/** Provenance of what a job translates anew: who proposed, who confirmed, and the version of the ConceptMap by which it was done. */
import { BASE, codeSystem, structureDefinition } from '../fhir/canonical.ts'
import { keyedId } from '../ingest/ids.ts'
import type { Stored } from '../store/types.ts'
import type { Draft } from '../writer/types.ts'
import type { RetranslationJob } from './tables.ts'

const PARTICIPANT = 'http://terminology.hl7.org/CodeSystem/provenance-participant-type'

/**
 * One for all that is about the same persons: what is of several persons must not stand in one that some of them may read.
 * @param rows versions before they are translated; or `isDone`, the new ones themselves, maybe for the second time
 */
export function provenancesOf(
  { secret, now }: { secret: Uint8Array; now(): Date },
  job: RetranslationJob,
  rows: readonly Stored[],
  isDone = false,
): Draft[] {
  const groups = Map.groupBy(rows, ({ acc }) => JSON.stringify([acc.o, [...acc.p].sort()]))
  return [...groups.values()].map((group) => {
    const [first] = group as [Stored, ...Stored[]]
    const id = keyedId(secret, 'retranslation', job._id, `${first.type}/${first.id}`, String(first.v))
    const [proposer = '', confirmer = ''] = job.people
    const agent = (code: string, who: string) => ({
      type: { coding: [{ system: PARTICIPANT, code }] },
      who: { reference: who },
      ...(job.organization === '' ? {} : { onBehalfOf: { reference: `Organization/${job.organization}` } }),
    })
    const resource = {
      resourceType: 'Provenance',
      id,
      meta: { profile: [structureDefinition('cn-provenance')], source: `${BASE}/code-mapping/${job.source}` },
      target: group.map(({ type, id: target }) => ({ reference: `${type}/${target}` })),
      recorded: now().toISOString(),
      activity: { coding: [{ system: codeSystem('cn-provenance-activity'), code: 'map' }] },
      agent: [agent('author', proposer), agent('verifier', confirmer)],
      entity: [{ role: 'source', what: { reference: job.conceptMap } }],
    }
    return {
      type: 'Provenance',
      id,
      method: 'PUT',
      // A version is translated once: its Provenance is new, but where a process ended before it noted that all was done.
      expect: isDone ? 'any' : 'absent',
      text: JSON.stringify(resource),
      custodian: first.acc.o,
      alsoPatients: first.acc.p,
    }
  })
}
