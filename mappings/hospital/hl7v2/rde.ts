/**
 * Drug orders, RDE^O11 (HL7 v2.4, 4.13.6; RDE^O01 before v2.4): each RXE is one drug; its ORC says what is asked. A request for a drug in an
 * ORM (RXO) is the same thing earlier on its way.
 */
import type { MappedRecord, MappingContext, RejectedRecord } from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { plainText } from '../../engine/values/text.ts'
import type { Hl7Record, Segment } from '../../parsers/hl7v2.ts'
import { DRUG_ORC, DRUG_PRESCRIBER, DRUG_TQ1, drugOrder, type DrugOrderRow, RXE, RXO, RXR } from './drug-order.ts'
import { fieldsOf, locate, segmentOf } from './fields.ts'
import { type Message, openMessage, runPatient, settledMessage } from './message.ts'
import { componentFields, componentsOf, mixture } from './mixture.ts'
import { type OrderGroup, orderGroups } from './order-groups.ts'

export const DRUG_MESSAGES = ['RDE^O11', 'RDE^O01']

export function mapDrugOrder(hl7: Hl7Record, recordType: string, at: string, context: MappingContext): MappedRecord | RejectedRecord {
  const message = openMessage(hl7, recordType, at, context)
  if (!('record' in message)) return message
  runPatient(message)
  runDrugs(message, orderGroups(message, ['RXE']))
  return settledMessage(message)
}

export function runDrugs(message: Message, groups: readonly OrderGroup[]): void {
  const times = Map.groupBy(groups, (group) => numberOf(group) ?? '')
  for (const group of groups) {
    const same = times.get(numberOf(group) ?? '') ?? []
    // Several drugs under one number (成组医嘱) are told apart by their place in it.
    runDrug(message, group, same.length > 1 ? same.indexOf(group) + 1 : undefined)
  }
}

const numberOf = ({ orc }: OrderGroup): string | undefined => filled(orc?.text(2, 1))

/** The fields of a request under the names that the order has for them. */
function detailOf(detail: Segment): ReturnType<typeof fieldsOf<(typeof RXE)[number]>> {
  if (detail.name === 'RXE') return fieldsOf(detail, RXE)
  const sent = fieldsOf(detail, Object.keys(RXO))
  return Object.fromEntries(Object.entries(sent).map(([name, value]) => [RXO[name] as string, value]))
}

const SENT_AS = new Map(Object.entries(RXO).map(([name, meant]) => [meant as string, name]))

function runDrug({ record, hl7, sentAt }: Message, group: OrderGroup, place: number | undefined): void {
  const number = numberOf(group)
  const segments = [group.orc, group.detail, group.more, group.tq1].filter((one) => one !== undefined)
  const at = (name: string): string => {
    const named = name === 'orderNo' ? 'ORC-2.1' : name
    const field = group.detail.name === 'RXO' ? (SENT_AS.get(named) ?? named) : named
    const segment = segments.find((one) => field.startsWith(`${one.name}-`))
    return segment ? locate(hl7, segment)(field) : field
  }
  if (number === undefined) {
    record.issue({ severity: 'error', code: 'mapping-required', at: at('ORC-2') })
    return
  }
  const components = componentsOf(hl7, group.components)
  const row: DrugOrderRow = {
    ...fieldsOf(group.orc, [...DRUG_ORC, ...DRUG_PRESCRIBER]),
    ...detailOf(group.detail),
    ...fieldsOf(group.more, RXR),
    ...fieldsOf(group.tq1, DRUG_TQ1),
    ...fieldsOf(segmentOf(hl7, 'PV1'), ['PV1-2.1', 'PV1-19.1']),
    orderNo: place === undefined ? number : `${number}.${place}`,
    remarks: group.notes.map((nte) => plainText(filled(nte.whole(3)) ?? '')).filter((text) => text !== ''),
    ...(components.length > 0 && { mixed: 'yes' as const }),
  }
  const options = { statedAt: sentAt, offer: false as const, at }
  record.run(drugOrder, row, options)
  const made = { orderNo: row.orderNo as string, ...drugOf(row), components }
  record.run(mixture, made, options)
  record.noteRead(...['ORC-1', 'ORC-2', 'ORC-2.1', 'TQ1-1'].map(at), ...components.flatMap(componentFields))
  for (const nte of group.notes) record.noteRead(...['NTE-2', 'NTE-3'].map(locate(hl7, nte)))
}

const drugOf = (row: DrugOrderRow): { code?: string; name?: string } => {
  const { 'RXE-2.1': code, 'RXE-2.2': name } = row
  return { ...(code !== undefined && { code }), ...(name !== undefined && { name }) }
}
