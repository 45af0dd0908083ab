/**
 * Orders for services: ORM^O01 (HL7 v2.4, 4.4.1), OMG^O19 (4.4.4), OML^O21 (4.4.6), and OML^O33 and O35 by their specimens (HL7 v2.5.1, 4.4.8 and
 * 4.4.10). Each OBR is one order; its ORC says what is asked (new, changed, cancelled). Each RXO of an ORM is one drug (rde.ts).
 */
import type { MappedRecord, MappingContext, RejectedRecord, ResourceKey } from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { plainText } from '../../engine/values/text.ts'
import type { Hl7Record } from '../../parsers/hl7v2.ts'
import { fieldsOf, locate, segmentOf } from './fields.ts'
import { type Message, openMessage, runPatient, settledMessage } from './message.ts'
import { type OrderGroup, orderGroups } from './order-groups.ts'
import { order, ORDER_OBR, ORDER_ORC, ORDER_TQ1, type OrderRow } from './order.ts'
import { runDrugs } from './rde.ts'
import { isOfControl, namedControls, SPECIMENS, specimenFieldsRead, specimenLocator, specimenRow } from './specimen.ts'

export const ORDER_MESSAGES = ['ORM^O01', 'OMG^O19', 'OML^O21', 'OML^O33', 'OML^O35']

export function mapOrder(hl7: Hl7Record, recordType: string, at: string, context: MappingContext): MappedRecord | RejectedRecord {
  const message = openMessage(hl7, recordType, at, context)
  if (!('record' in message)) return message
  runPatient(message)
  for (const issue of namedControls(hl7)) message.record.issue(issue)
  const groups = orderGroups(message, ['OBR', 'RXO'])
  for (const group of groups) if (group.detail.name === 'OBR' && isOfPatient(group)) runOrder(message, group, recordType.startsWith('OML^'))
  runDrugs(
    message,
    groups.filter(({ detail }) => detail.name === 'RXO'),
  )
  return settledMessage(message)
}

/** Results of before stand beside an order as orders of their own (ORC-1 PR); an analyser is told to measure controls as well. */
const isOfPatient = ({ orc, specimens }: OrderGroup): boolean => filled(orc?.text(1, 1)) !== 'PR' && !specimens.some(isOfControl)

function runOrder({ record, hl7, sentAt }: Message, group: OrderGroup, laboratory: boolean): void {
  const [orc, obr, tq1] = [fieldsOf(group.orc, ORDER_ORC), fieldsOf(group.detail, ORDER_OBR), fieldsOf(group.tq1, ORDER_TQ1)]
  const requestNo = filled(obr['OBR-2.1']) ?? filled(orc['ORC-2.1'])
  const segments = [group.orc, group.detail, group.tq1].filter((one) => one !== undefined)
  const at = (name: string): string => {
    const field = name === 'requestNo' ? 'OBR-2.1' : name
    const segment = segments.find((one) => field.startsWith(`${one.name}-`))
    return segment ? locate(hl7, segment)(field) : field
  }
  if (requestNo === undefined) {
    record.issue({ severity: 'error', code: 'mapping-required', at: at('OBR-2') })
    return
  }
  const options = { statedAt: sentAt, offer: false as const }
  const specimens: ResourceKey[] = []
  for (const specimen of group.specimens) {
    const taken = specimenRow(specimen)
    // A specimen without a number belongs to its report.
    if (taken.specimenNo === undefined) continue
    const key = record.run(SPECIMENS.laboratory, taken, { ...options, at: specimenLocator(hl7, specimen) })
    if (key !== undefined && key !== 'patient') specimens.push(key)
    record.noteRead(...specimenFieldsRead(hl7, specimen))
  }
  const row: OrderRow = {
    ...{ ...orc, ...obr, ...tq1, requestNo, specimens, ...(laboratory && { message: 'laboratory' as const }) },
    ...fieldsOf(segmentOf(hl7, 'PV1'), ['PV1-2.1', 'PV1-19.1']),
    remarks: group.notes.map((nte) => plainText(filled(nte.whole(3)) ?? '')).filter((text) => text !== ''),
  }
  record.run(order, row, { ...options, at })
  record.noteRead(...['ORC-1', 'ORC-2', 'ORC-2.1', 'OBR-2', 'OBR-2.1', 'OBR-16.1', 'OBR-16.2'].map(at))
  for (const nte of group.notes) record.noteRead(...['NTE-2', 'NTE-3'].map(locate(hl7, nte)))
}
