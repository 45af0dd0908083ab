/**
 * Places of a settlement whose request and answer came each by itself: the request names where the person is insured and cared for, the answer alone
 * has the settlement's number. Both name the visit and the person, so that what the one says is told of the other, whichever comes first.
 */
import { structureDefinition } from '../../server/fhir/canonical.ts'
import type { ResourceKey } from '../engine/types.ts'
import type { MiisObject } from '../parsers/miis-json.ts'
import { areProvincesApart, DIVISION, divisionOf } from './division.ts'
import { text } from './envelope.ts'
import { administrationOf, miisKeys } from './keys.ts'
import { OTHER_PAYEE } from './settlement.ts'
import { type Site, type TransactionInput, withSite } from './transaction.ts'

/** Where an answer that came alone waits for what its request says. @param info a node of the request or of the answer */
export function settledApart({ context }: TransactionInput, info: MiisObject): ResourceKey | undefined {
  const [visit, person] = [text(info, 'mdtrt_id'), text(info, 'psn_no')]
  return visit === undefined || person === undefined ? undefined : miisKeys.settledApart(context, visit, person)
}

/** Of a request that came alone. A message that is taken back (2601) was about the same places: what it told of them stays. */
export function tellPlaces(input: TransactionInput, info: MiisObject): void {
  const { request, response, record, context, requestedAt: statedAt } = input
  const batch = settledApart(input, info)
  const row = withSite<Site>(info, request)
  const [insured, caredFor] = [divisionOf(row.insuplc_admdvs), divisionOf(row.mdtrtarea_admvs)]
  if (response || batch === undefined || insured === undefined) return
  const isOffsite = areProvincesApart(insured, caredFor)
  const [insurer, payee] = [administrationOf(context, insured), isOffsite ? administrationOf(context, caredFor) : undefined]
  for (const { mention } of [insurer, ...(payee ? [payee] : [])]) if (mention) record.add(mention)
  const extension = [
    { url: structureDefinition('cn-pool-area'), valueCoding: { system: DIVISION, code: insured } },
    ...(isOffsite === undefined ? [] : [{ url: structureDefinition('cn-offsite'), valueBoolean: isOffsite }]),
  ]
  const tells = { insurer: insurer.reference, ...(payee && { payee: { type: OTHER_PAYEE, party: payee.reference } }), extension }
  record.sayOfBatch({ batch, word: 'told', statedAt, tells })
}
