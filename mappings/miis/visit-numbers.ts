/**
 * Which of the hospital's numbers is of the visit that the insurance numbers so. Most messages about care name both: `mdtrt_sn`, the serial number of the visit, or
 * `ipt_otp_no`, the number of the stay or the outpatient record (formats.md A, Keys); both are the hospital's own, so that a message that does
 * not say whose they are says nothing of this.
 */
import { keys } from '../engine/keys.ts'
import type { MappingContext, VisitNumbers } from '../engine/types.ts'
import type { MiisObject, MiisValue } from '../parsers/miis-json.ts'
import { isObject, list, text } from './envelope.ts'
import { miisKeys } from './keys.ts'

/** Nodes that are looked at; a bill's lines repeat the numbers of its head. */
const NODES_MAX = 200

interface Said {
  request?: MiisObject
  response?: MiisObject
  context: MappingContext
  /** ISO instant */
  statedAt: string
}

export function visitNumbersIn({ request, response, context, statedAt }: Said): VisitNumbers[] {
  const answered = answeredNumber(response)
  return nodesIn(request).flatMap((node): VisitNumbers[] => {
    const mdtrtId = text(node, 'mdtrt_id') ?? answered
    const serial = text(node, 'mdtrt_sn')
    const number = serial ?? text(node, 'ipt_otp_no')
    const institution = text(node, 'fixmedins_code') ?? text(request, 'fixmedins_code')
    // What is void says nothing of numbers either.
    if (mdtrtId === undefined || number === undefined || institution === undefined || text(node, 'vali_flag') === '0') return []
    const own = keys.encounter(context.organization(institution), number)
    return [{ insured: miisKeys.visit(context, mdtrtId), own, by: serial === undefined ? 'record' : 'serial', statedAt }]
  })
}

/** 2201 and 2401 give a visit its number: it stands in their answer alone. */
const answeredNumber = (response: MiisObject | undefined): string | undefined =>
  ['data', 'result'].flatMap((name) => list(response, 'output', name)).flatMap((node) => text(node, 'mdtrt_id') ?? [])[0]

function nodesIn(request: MiisObject | undefined): MiisObject[] {
  const input = request?.input
  const members: MiisValue[] = isObject(input) ? Object.values(input).filter((value) => value !== undefined) : []
  return members
    .flatMap((value) => (Array.isArray(value) ? value.slice(0, NODES_MAX) : [value]))
    .filter(isObject)
    .slice(0, NODES_MAX)
}
