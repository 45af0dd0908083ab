/** Drug orders, RDE^O11 (HL7 v2.4, 4.13.6; RDE^O01 before v2.4): each RXE is one drug; its ORC says what is asked. */
import { settled } from '../../engine/outcome.ts'
import type { MappedRecord, MappingContext, RejectedRecord } from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { plainText } from '../../engine/values/text.ts'
import type { Hl7Record, Segment } from '../../parsers/hl7v2.ts'
import { DRUG_ORC, DRUG_PRESCRIBER, DRUG_TQ1, drugOrder, type DrugOrderRow, RXE, RXR } from './drug-order.ts'
import { fieldsOf, locate, segmentOf } from './fields.ts'
import { type Message, openMessage, runPatient, warning } from './message.ts'

export const DRUG_MESSAGES = ['RDE^O11', 'RDE^O01']

interface DrugGroup {
  orc?: Segment
  tq1?: Segment
  rxe: Segment
  rxr?: Segment
  notes: Segment[]
}

export function mapDrugOrder(hl7: Hl7Record, recordType: string, at: string, context: MappingContext): MappedRecord | RejectedRecord {
  const message = openMessage(hl7, recordType, at, context)
  if (!('record' in message)) return message
  runPatient(message)
  const groups = groupsOf(message)
  const times = Map.groupBy(groups, (group) => numberOf(group) ?? '')
  for (const group of groups) {
    const same = times.get(numberOf(group) ?? '') ?? []
    // Several drugs under one number (成组医嘱) are told apart by their place in it.
    runDrug(message, group, same.length > 1 ? same.indexOf(group) + 1 : undefined)
  }
  return settled(message.record.finish(), context)
}

/** ORC and TQ1 stand before the RXE that they are of, RXR and NTE behind it. One ORC may stand for several RXE. */
function groupsOf({ hl7, record }: Message): DrugGroup[] {
  const groups: DrugGroup[] = []
  let orc: Segment | undefined
  let tq1: Segment | undefined
  for (const segment of hl7.segments) {
    const last = groups.at(-1)
    if (segment.name === 'ORC') {
      orc = segment
      tq1 = undefined
    } else if (segment.name === 'TQ1') {
      // v2.5 puts TQ1 behind the RXE that it is of, some senders before it.
      if (last && last.orc === orc) last.tq1 ??= segment
      else tq1 ??= segment
    } else if (segment.name === 'RXE') groups.push({ rxe: segment, notes: [], ...(orc && { orc }), ...(tq1 && { tq1 }) })
    else if (segment.name === 'RXR' && last) last.rxr ??= segment
    else if (segment.name === 'NTE' && last) last.notes.push(segment)
    else if (segment.name === 'RXC') record.issue(warning('payload-type-unsupported', locate(hl7, segment)('RXC')))
  }
  return groups
}

const numberOf = ({ orc }: DrugGroup): string | undefined => filled(orc?.text(2, 1))

function runDrug({ record, hl7, sentAt }: Message, group: DrugGroup, place: number | undefined): void {
  const number = numberOf(group)
  const segments = [group.orc, group.rxe, group.rxr, group.tq1].filter((one) => one !== undefined)
  const at = (name: string): string => {
    const field = name === 'orderNo' ? 'ORC-2.1' : name
    const segment = segments.find((one) => field.startsWith(`${one.name}-`))
    return segment ? locate(hl7, segment)(field) : field
  }
  if (number === undefined) {
    record.issue({ severity: 'error', code: 'mapping-required', at: at('ORC-2') })
    return
  }
  const row: DrugOrderRow = {
    ...fieldsOf(group.orc, [...DRUG_ORC, ...DRUG_PRESCRIBER]),
    ...fieldsOf(group.rxe, RXE),
    ...fieldsOf(group.rxr, RXR),
    ...fieldsOf(group.tq1, DRUG_TQ1),
    ...fieldsOf(segmentOf(hl7, 'PV1'), ['PV1-2.1', 'PV1-19.1']),
    orderNo: place === undefined ? number : `${number}.${place}`,
    remarks: group.notes.map((nte) => plainText(filled(nte.whole(3)) ?? '')).filter((text) => text !== ''),
  }
  record.run(drugOrder, row, { statedAt: sentAt, offer: false, at })
  record.noteRead(...['ORC-1', 'ORC-2', 'ORC-2.1', 'TQ1-1'].map(at))
  for (const nte of group.notes) record.noteRead(...['NTE-2', 'NTE-3'].map(locate(hl7, nte)))
}
