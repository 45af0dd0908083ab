/**
 * C0026 to C0029 and C0031: what the patient agreed to, as a Consent of scope treatment. It says nothing about who may read a record and
 * server/access never evaluates it: the scope is written here and never taken from the document. C0030 is a notice and no consent.
 */
import type { Consent } from '@medplum/fhirtypes'
import { BASE, localSystem, structureDefinition } from '../../../server/fhir/canonical.ts'
import { keys, referTo } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import { TABLES } from '../../engine/systems.ts'
import type { MappedReference } from '../../engine/elements.ts'
import type { ResourceKey } from '../../engine/types.ts'
import type { FactRow, Facts } from './facts.ts'
import { type Signature, signatures } from './signatures.ts'

interface ConsentRow extends FactRow {
  type: string
  title?: string
  consentNo?: string
  opinion?: string
  time?: string
  signed: readonly Signature[]
  /** a doctor signed the same paper */
  isWitnessed?: 'yes'
  procedures: readonly ResourceKey[]
}

/** Civil Code, article 1219: operations, special examinations and treatments need an express consent. */
const LAW = `${BASE}/policy/civil-code-1219`

const REFUSED = /不同意|拒绝|放弃/

export const consentKey = (scope: string, documentNo: string): ResourceKey => keys.documentFact('Consent', scope, documentNo, 'treatment')

const partyOf = ({ key }: Signature): MappedReference => (key === 'patient' ? ({ $patient: true } as const) : referTo(key))

const treatmentConsent = mapping<ConsentRow, Consent>({
  source: 'hospital/cda/consent',
  to: 'Consent',
  profile: 'cn-treatment-consent',
  id: (row, run) => consentKey(run.scope, row.documentNo ?? ''),
  rules: (from) => ({
    extension: from.value('procedures', (row) => {
      const found = row.procedures.map((key) => ({ url: structureDefinition('cn-consent-procedure'), valueReference: referTo(key) }))
      return found.length > 0 ? found : undefined
    }) as never,
    identifier: [
      from.identifier((scope) => localSystem(scope, 'consent-no'), 'consentNo'),
      from.identifier((scope) => localSystem(scope, 'document-no'), 'documentNo'),
    ],
    status: from.value<'active' | 'rejected' | 'proposed'>(['opinion', 'signed'], (row) =>
      REFUSED.test(row.opinion ?? '') ? 'rejected' : row.signed.length > 0 ? 'active' : 'proposed',
    ),
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'treatment', display: 'Treatment' }] },
    category: [
      {
        coding: [{ system: TABLES.documentType, code: from.text('type'), display: from.text('title') }],
      },
    ],
    patient: from.patient(),
    dateTime: from.dateTime('time'),
    performer: from.value('signed', (row) => (row.signed.length > 0 ? row.signed.map(partyOf) : undefined)),
    organization: [from.organization()],
    sourceReference: from.value('documentNo', (row, run) => referTo(keys.document(run.scope, row.documentNo ?? ''))),
    policy: [{ uri: LAW }],
    verification: from.value('signed', (row) => {
      const relatives = row.signed.filter(({ key }) => key !== 'patient')
      const [one] = relatives
      if (!one || row.isWitnessed === undefined) return undefined
      return [{ verified: true, verifiedWith: partyOf(one) }]
    }) as never,
  }),
})

export function consents(facts: Facts, procedures: readonly ResourceKey[]): void {
  if (!facts.kind.consent) return
  const { type = '', title, effectiveTime, header } = facts.document
  const signed = signatures(header, facts.scope, facts.document.documentNo ?? '')
  const consentNo = header.numbers.consent
  // The patient's own word stands beside the hospital's under one element.
  const opinion = facts.find('DE06.00.018.00', /患者/)?.text
  const time = signed.find((one) => one.time !== undefined)?.time ?? effectiveTime
  const row: ConsentRow = {
    ...facts.row('consent', 'code/@code'),
    type,
    ...(title !== undefined && { title }),
    ...(consentNo !== undefined && { consentNo }),
    ...(opinion !== undefined && { opinion }),
    ...(time !== undefined && { time }),
    signed,
    ...(header.attesters.length > 0 && { isWitnessed: 'yes' }),
    procedures,
  }
  facts.run(treatmentConsent, row, row.at)
}
