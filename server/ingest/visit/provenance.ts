/** Provenance of an Encounter to which came what was said under another number: that one, whose own Provenance says by which messages. */
import { BASE, codeSystem, structureDefinition } from '../../fhir/canonical.ts'
import type { Draft } from '../../writer/types.ts'
import type { Statement } from '../fold/types.ts'
import { keyedId } from '../ids.ts'

interface Move {
  /** Encounter under whose number it was said */
  from: string
  to: string
  /** how often the visit was decided of */
  rev: number
}

/** @param persons of whom it is said */
export function movedProvenance(
  { secret, now }: { secret: Uint8Array; now(): Date },
  { from, to, rev }: Move,
  { source, kind, organization }: Statement,
  persons: readonly string[],
): Draft {
  const id = keyedId(secret, 'visit-provenance', source, from, to, String(rev))
  const resource = {
    resourceType: 'Provenance',
    id,
    meta: { profile: [structureDefinition('cn-provenance')], source: `${BASE}/source/${kind}/${source}` },
    target: [{ reference: `Encounter/${to}` }],
    recorded: now().toISOString(),
    activity: { coding: [{ system: codeSystem('cn-provenance-activity'), code: 'map' }] },
    agent: [
      {
        type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type', code: 'author' }] },
        who: { reference: `Organization/${organization}` },
      },
    ],
    entity: [{ role: 'revision', what: { reference: `Encounter/${from}` } }],
  }
  return {
    type: 'Provenance',
    id,
    method: 'PUT',
    expect: 'any',
    text: JSON.stringify(resource),
    custodian: organization,
    alsoPatients: persons,
  }
}
