/** Legal identity documents as identifiers; every source that knows them uses the same systems. */
import { BASE, NATIONAL } from '../../server/fhir/canonical.ts'
import { readIdentityNumber, UNVERIFIED_ID_CARD } from '../../server/fhir/identity-number.ts'
import type { MappedIdentifier } from './from.ts'
import type { Run } from './rule.ts'
import { identifierType } from './systems.ts'
import { table } from './values/table.ts'

/** psn_cert_type of the MIIS (formats.md A): 01 is the resident identity card. */
const DOCUMENTS: Record<string, { type: string; system: string }> = table({
  '02': { type: 'MIL', system: `${BASE}/sid/military-id` },
  '03': { type: 'MIL', system: `${BASE}/sid/military-id` },
  '04': { type: 'HKMT', system: `${BASE}/sid/hkmt-permit` },
  '05': { type: 'HKMT', system: `${BASE}/sid/hkmt-permit` },
  '06': { type: 'HKMT', system: `${BASE}/sid/hkmt-permit` },
  '07': { type: 'OTH', system: `${BASE}/sid/permanent-residence` },
  '08': { type: 'PPN', system: `${BASE}/sid/passport` },
  '90': { type: 'SSC', system: `${BASE}/sid/ssc-no` },
  '99': { type: 'OTH', system: `${BASE}/sid/other-id` },
})

/**
 * Identifier of a legal document by psn_cert_type. An identity number whose check digit is wrong stands under a system of
 * its own, so that nothing is lost and nothing links by it (D9, D10); `field` is then flagged.
 */
export function legalIdentifier(
  run: Run,
  field: string,
  type: string | undefined,
  number: string | undefined,
): MappedIdentifier | undefined {
  if (number === undefined || type === undefined) return undefined
  if (type !== '01') {
    const document = DOCUMENTS[type] ?? (DOCUMENTS['99'] as { type: string; system: string })
    return { type: identifierType(document.type), system: document.system, value: number }
  }
  const { value, valid, placeholder } = readIdentityNumber(number)
  if (placeholder) run.flaw(field, 'mapping-identity-placeholder')
  else if (!valid) run.flaw(field, 'mapping-identity-invalid')
  const system = valid ? NATIONAL.idCard : UNVERIFIED_ID_CARD
  return { type: identifierType('ID'), system, value }
}
