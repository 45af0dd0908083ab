/**
 * Whether somebody has looked into what a RelatedPerson says. Documents and messages name kin as they were told at the counter, and whoever
 * registers a patient may write down anybody: a name opens nobody's record. Its proof is a VerificationResult (R4 verificationresult.html): of the
 * version that stands, by the organisation that answers for the RelatedPerson or by an operator, who saw identity and kinship proven.
 */
import type { FhirResource } from '../fhir/types.ts'
import { localReferenceKey } from '../search/keys.ts'
import type { Store, Stored } from '../store/types.ts'
import { ACCESS_BOUNDS } from './bounds.ts'
import { text } from './provision-criteria.ts'
import { LABELLING } from './tables.ts'

/**
 * Validated, and by nobody who may say so contradicted. Read at each request: a verification that is taken back counts no more, nor does one of a
 * version that was written over, by whomever.
 */
export async function isProven(store: Store, related: Stored): Promise<boolean> {
  const said = await verificationsOf(store, related)
  return said !== undefined && said.length > 0 && said.every(isValidated)
}

/** Those of this very version (`RelatedPerson/x/_history/2`) that count; undefined: more than are looked at. */
async function verificationsOf(store: Store, { id, v, acc: own }: Stored): Promise<FhirResource[] | undefined> {
  const count = ACCESS_BOUNDS.verificationsMax + 1
  const plan = { kind: 'keys' as const, keys: [localReferenceKey('target', `RelatedPerson/${id}/_history/${v}`)] }
  const { rows } = await store.search(LABELLING, { type: 'VerificationResult', plan, sort: [], count, total: 'none' })
  if (rows.length === count) return undefined
  return rows
    .filter(({ acc }) => acc.o === own.o || acc.o === '')
    .map(({ body }) => JSON.parse(Buffer.from(body).toString()) as FhirResource)
}

/** The whole, or what it is about the kinship: a verified telephone number is none of it. */
const LOCATIONS = new Set(['RelatedPerson', 'RelatedPerson.relationship'])

function isValidated(one: FhirResource): boolean {
  if (text(one.status) !== 'validated' || one.modifierExtension !== undefined || one.implicitRules !== undefined) return false
  const locations = one.targetLocation
  return locations === undefined || (Array.isArray(locations) && locations.some((location) => LOCATIONS.has(String(location))))
}
