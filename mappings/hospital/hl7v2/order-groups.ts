/** Orders of a message, of services (OBR) and of drugs (RXE) alike: what stands around the segment that says what is ordered. */
import type { Segment } from '../../parsers/hl7v2.ts'
import { locate } from './fields.ts'
import { type Message, warning } from './message.ts'

export interface OrderGroup {
  orc?: Segment
  tq1?: Segment
  detail: Segment
  /** the first segment behind it that describes it further: SPM, RXR */
  more?: Segment
  notes: Segment[]
}

export interface OrderLayout {
  detail: 'OBR' | 'RXE'
  more: 'SPM' | 'RXR'
  /** told as not taken */
  foreign: 'RXO' | 'RXC'
}

/** Walks the segments in order: ORC and TQ1 stand before the detail that they are of, the rest behind it. One ORC may stand for several. */
export function orderGroups({ hl7, record }: Message, { detail, more, foreign }: OrderLayout): OrderGroup[] {
  const groups: OrderGroup[] = []
  let orc: Segment | undefined
  let tq1: Segment | undefined
  for (const segment of hl7.segments) {
    const last = groups.at(-1)
    if (segment.name === 'ORC') {
      orc = segment
      tq1 = undefined
    } else if (segment.name === 'TQ1') {
      // v2.5 puts TQ1 behind the OBR in OML and behind the RXE in RDE, before the OBR in ORM.
      if (last && last.orc === orc) last.tq1 ??= segment
      else tq1 ??= segment
    } else if (segment.name === detail) groups.push({ detail: segment, notes: [], ...(orc && { orc }), ...(tq1 && { tq1 }) })
    else if (segment.name === more && last) last.more ??= segment
    else if (segment.name === 'NTE' && last) last.notes.push(segment)
    else if (segment.name === foreign) record.issue(warning('payload-type-unsupported', locate(hl7, segment)(foreign)))
  }
  return groups
}
