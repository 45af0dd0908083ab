/** Which fields of which node name the person: the interface spells the same facts differently from node to node. */
import type { MiisObject } from '../parsers/miis-json.ts'
import { text } from './envelope.ts'
import type { Person } from './patient.ts'

const put = <K extends keyof Person>(person: Person, field: K, value: string | undefined): void => {
  if (value !== undefined) person[field] = value
}

/**
 * `mdtrt_cert_type` 02 means that `mdtrt_cert_no` is the identity number. 01 is a voucher, a token that changes, and 03 a card
 * number: neither is a legal identity.
 */
const MDTRT_IDENTITY_CARD = '02'

/** Person of a node that carries some of: psn_no, mdtrt_id, mdtrt_cert_*, psn_cert_type + certno, name, sex, birth date. */
export function personOf(node: MiisObject): Person {
  const person: Person = {}
  for (const field of ['psn_no', 'mdtrt_id', 'psn_name', 'gend', 'naty', 'brdy'] as const) put(person, field, text(node, field))
  if (text(node, 'psn_cert_type') !== undefined && text(node, 'certno') !== undefined) {
    put(person, 'cert_type', text(node, 'psn_cert_type'))
    put(person, 'certno', text(node, 'certno'))
  } else if (text(node, 'mdtrt_cert_type') === MDTRT_IDENTITY_CARD) {
    const number = text(node, 'mdtrt_cert_no')
    put(person, 'cert_type', number === undefined ? undefined : '01')
    put(person, 'certno', number)
  }
  // 2401 calls the telephone of the contact `tel`; whose it would be without his name is not known.
  put(person, 'coner_name', text(node, 'coner_name'))
  put(person, 'coner_tel', person.coner_name === undefined ? undefined : (text(node, 'coner_tel') ?? text(node, 'tel')))
  put(person, 'die_date', text(node, 'die_date'))
  return person
}

/** 4101 `setlinfo`: hi_no is the psn_no, the certificate type is called patn_cert_type. */
export function personOfSettlementList(node: MiisObject): Person {
  const person = personOf(node)
  put(person, 'psn_no', text(node, 'psn_no') ?? text(node, 'hi_no'))
  put(person, 'cert_type', text(node, 'patn_cert_type'))
  put(person, 'certno', text(node, 'certno'))
  for (const field of ['ntly', 'curr_addr', 'coner_name', 'coner_tel', 'coner_addr', 'patn_rlts', 'prfs'] as const)
    put(person, field, text(node, field))
  if (person.certno === undefined) delete person.cert_type
  return person
}
