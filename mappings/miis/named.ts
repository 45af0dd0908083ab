/** Whom an exchange names of which nothing is stored: its bytes are kept, and whoever refuses to be collected refuses that as well. */
import { readIdentityNumber } from '../../server/fhir/identity-number.ts'
import type { MappingContext, PatientIdentity } from '../engine/types.ts'
import { type Exchange, isObject, text } from './envelope.ts'
import type { MiisObject, MiisValue } from '../parsers/miis-json.ts'
import { identityOf, type Person } from './patient.ts'
import { personOf } from './persons.ts'

/** Members of a list that are looked at for somebody. */
const MEMBERS_MAX = 1_000

/** The first person with a number of his own, wherever he stands in the request, then in the answer. */
export function namedIn({ request, response }: Exchange, context: MappingContext): PatientIdentity | undefined {
  for (const side of [request?.input, response?.output]) {
    for (const node of nodesOf(side)) {
      const person = personIn(node)
      if (person) return identityOf(person, context)
    }
  }
  return undefined
}

/** A sound identity number is one, also where the kind of certificate was left out. */
function personIn(node: MiisObject): Person | undefined {
  const person = personOf(node)
  if (person.certno === undefined) {
    const number = text(node, 'certno') ?? text(node, 'mdtrt_cert_no')
    if (number !== undefined && readIdentityNumber(number).valid) Object.assign(person, { cert_type: IDENTITY_CARD, certno: number })
  }
  return person.psn_no === undefined && person.certno === undefined ? undefined : person
}

/** psn_cert_type */
const IDENTITY_CARD = '01'

/** The side itself, since some places write the fields there, and its nodes. */
function nodesOf(side: MiisValue | undefined): MiisObject[] {
  if (!isObject(side)) return []
  const nodes = Object.values(side).flatMap((value) => (Array.isArray(value) ? value.slice(0, MEMBERS_MAX) : [value]))
  return [side, ...nodes.filter(isObject)]
}
