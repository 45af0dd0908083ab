/** Patients that clients write over REST are linked like those of the sources: one person, one master. */
import { NATIONAL } from '../../fhir/canonical.ts'
import type { FhirResource } from '../../fhir/types.ts'
import type { Sender } from '../context.ts'
import { numberHash } from '../ids.ts'
import type { IngestTables } from '../tables.ts'
import type { IngestDeps, PreparedIdentity } from '../types.ts'
import { followMoves } from './follow.ts'
import { IDENTITY_CARD, legalOf } from './legal.ts'
import { linkPatient, wouldLink } from './link.ts'

export interface WrittenPatient {
  id: string
  resource: FhirResource
  /** organisation id; '' when it has none */
  custodian: string
  /** when it was written */
  at: Date
}

/**
 * To be called after the Patient was stored. Without a valid identity number nothing happens; its own content is left as
 * the client wrote it, the master refers to it.
 * @returns the person that it belongs to now
 * @throws OutcomeError busy
 */
export async function linkWrittenPatient(deps: IngestDeps, tables: IngestTables, written: WrittenPatient): Promise<string> {
  const said = await saidBy(deps, tables, written)
  if ('person' in said) return said.person
  const result = await linkPatient(deps, tables, said.sender, said.identity)
  if (!result.found) return written.id
  await followMoves(deps, tables, result.linked)
  return result.linked.person
}

/** The person that a Patient would belong to, as things stand, before it is stored. */
export async function wouldLinkWritten(deps: IngestDeps, tables: IngestTables, written: WrittenPatient): Promise<string> {
  const said = await saidBy(deps, tables, written)
  if ('person' in said) return said.person
  const person = (await wouldLink(deps, tables, said.sender, said.identity))?.person
  // A master that would be made has said nothing yet.
  const isKnown = person !== undefined && (await tables.identities.find({ master: person }, { limit: 1 })).length > 0
  return isKnown ? person : written.id
}

/** What is to be linked by it, or whose it is without a look at its content. */
async function saidBy(
  deps: IngestDeps,
  tables: IngestTables,
  { id, resource, custodian, at }: WrittenPatient,
): Promise<{ person: string } | { sender: Sender; identity: PreparedIdentity }> {
  // A master or a record of a source that an operator touched: its links are made of what the sources say.
  const record = await tables.records.get(id)
  if (record ? !record.domain.startsWith('rest:') : (await tables.identities.find({ master: id }, { limit: 1 })).length > 0) {
    return { person: record?.person ?? id }
  }
  const identity = identityOf(deps, id, resource, custodian, at)
  if (!identity.legal?.links && !record) return { person: id }
  return { sender: { kind: 'hospital', organization: custodian, rest: true }, identity }
}

/**
 * A Patient that clients write and that has no number is in no table of the link step. Where an operator joins it to another one
 * it has to be, so that the two meet each other. A record that is there already stays as it is.
 */
export async function ensureRecord(deps: Pick<IngestDeps, 'secret'>, tables: IngestTables, id: string, custodian: string): Promise<void> {
  if (await tables.records.get(id)) return
  const hash = numberHash(deps.secret, `rest:${custodian}`, 'PATIENT', id)
  const nothing = { number: null, name: null, person: null, newborn: false, absorbedBy: null }
  await tables.numbers.insert({ _id: hash, patient: id })
  await tables.records.insert({ _id: id, rev: 1, domain: `rest:${custodian}`, strongKinds: ['PATIENT'], ...nothing })
}

interface HumanName {
  text?: string
  family?: string
  given?: string[]
}

function identityOf(deps: IngestDeps, id: string, resource: FhirResource, custodian: string, at: Date): PreparedIdentity {
  const identifiers = (resource.identifier ?? []) as { system?: string; value?: string }[]
  const number = identifiers.find(({ system }) => system === NATIONAL.idCard)?.value
  const [first] = (resource.name ?? []) as HumanName[]
  const name = first?.text ?? (first?.family === undefined ? undefined : `${first.family}${(first.given ?? []).join('')}`)
  const facts = {
    ...(name !== undefined && { name }),
    ...(typeof resource.gender === 'string' && { gender: resource.gender }),
    ...(typeof resource.birthDate === 'string' && { birthDate: resource.birthDate }),
  }
  const statedAt = at.toISOString()
  const stated = { local: [], ...facts, ...(number !== undefined && { legal: { type: IDENTITY_CARD, number } }) }
  const legal = legalOf(stated, statedAt, new Set(deps.placeholders))
  const hash = numberHash(deps.secret, `rest:${custodian}`, 'PATIENT', id)
  return { numbers: [{ hash, kind: 'PATIENT', strong: true }], ...(legal && { legal }), ...facts, statedAt, patient: id }
}
