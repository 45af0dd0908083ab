/** What is known of the numbers that a message names, read before the link step decides. */
import { identityDomain, type Sender } from '../context.ts'
import { keyedId, numberHash, randomId } from '../ids.ts'
import type { IdentityNumberDoc, IngestTables } from '../tables.ts'
import type { IngestDeps, PreparedIdentity } from '../types.ts'
import type { Known, Names } from './choose.ts'
import { type MergedGroup, mergedGroups } from './merged.ts'

export interface Facts extends Names {
  known: Known
  /** documents of the identity numbers that are concerned: the one stated now and those of the records found */
  identities: ReadonlyMap<string, IdentityNumberDoc>
  /** masters that carry consents: their links are not dissolved by others' word */
  consented: ReadonlySet<string>
  /** of records and what stands under their numbers: those that an operator joined */
  merged: ReadonlyMap<string, MergedGroup>
  /** every number of a record, when it is absorbed by another */
  numbersOf(patient: string): Promise<string[]>
}

export async function readFacts(
  deps: Pick<IngestDeps, 'secret' | 'consented'>,
  tables: IngestTables,
  source: Sender,
  identity: PreparedIdentity,
): Promise<Facts> {
  const { legal } = identity
  const domain = identityDomain(source)
  const legalHash = legal?.links ? numberHash(deps.secret, domain, 'LEGAL', `${legal.type}:${legal.number}`) : undefined
  const person = legal?.links && legal.birthDate !== undefined ? keyedId(deps.secret, 'person', legal.number) : undefined
  const hashes = [...identity.numbers.map((n) => n.hash), ...(identity.replaces ?? []), ...(legalHash === undefined ? [] : [legalHash])]
  const found = await tables.numbers.getMany([...new Set(hashes)])
  const ended = found.flatMap((n) => (n.ended ? [n._id] : []))
  const keyed = (strongHash: string): string => keyedId(deps.secret, 'patient', strongHash)
  const records = await tables.records.getMany([
    ...new Set([...found.map((n) => n.patient), ...(identity.patient === undefined ? [] : [identity.patient]), ...ended.map(keyed)]),
  ])
  const keys = [...new Set([...(person === undefined ? [] : [person]), ...records.flatMap((r) => r.number?.value ?? [])])]
  const identities = new Map((await tables.identities.getMany(keys)).map((doc) => [doc._id, doc]))
  const concerned = [...records.map(({ _id }) => _id), ...[...identities.values()].flatMap((doc) => doc.statements.map((s) => s.patient))]
  if (identity.patient !== undefined) concerned.push(identity.patient)
  const masters = [...identities.values()].filter(isJoining).map(({ master }) => master)
  const [consented, merged] = await Promise.all([deps.consented(masters), mergedGroups(tables, [...new Set(concerned)])])
  return {
    known: {
      numbers: new Map(found.map((n) => [n._id, n.patient])),
      records: new Map(records.map((r) => [r._id, r])),
      ended: new Set(ended),
      merged: new Set(merged.keys()),
    },
    statedAt: identity.statedAt,
    ...(legalHash !== undefined && { legal: legalHash }),
    ...(person !== undefined && { person }),
    identities,
    consented,
    merged,
    // What stood under an ended number is another record by now.
    newId: (strongHash) => {
      const id = identity.patient ?? (strongHash === undefined ? randomId() : keyed(strongHash))
      return records.some(({ _id }) => _id === id) ? randomId() : id
    },
    numbersOf: async (patient) => (await tables.numbers.find({ patient })).map((n) => n._id),
  }
}

/** Records of several under it: a single one loses nothing but its master. */
const isJoining = ({ linked }: IdentityNumberDoc): boolean => linked.length > 1
