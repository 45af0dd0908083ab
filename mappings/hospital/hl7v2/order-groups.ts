/** Orders of a message, of services (OBR) and of drugs (RXE, RXO) alike: what stands around the segment that says what is ordered. */
import type { Segment } from '../../parsers/hl7v2.ts'
import type { Message } from './message.ts'

export interface OrderGroup {
  orc?: Segment
  tq1?: Segment
  detail: Segment
  /** the first segment behind it that describes it further: SPM, RXR */
  more?: Segment
  /** what a mixture is made of: RXC */
  components: Segment[]
  notes: Segment[]
}

/** Segments that say what is ordered, each with the one that describes it further. */
const DETAILS = { OBR: 'SPM', RXE: 'RXR', RXO: 'RXR' } as const
export type OrderDetail = keyof typeof DETAILS

/** The specimen stands before the orders that are made of it. */
const SPECIMEN_FIRST: ReadonlySet<string> = new Set(['OML^O33', 'OML^O35'])

/** Walks the segments in order: ORC and TQ1 stand before the detail that they are of, the rest behind it. One ORC may stand for several. */
export function orderGroups({ hl7 }: Message, details: readonly OrderDetail[]): OrderGroup[] {
  const groups: OrderGroup[] = []
  let orc: Segment | undefined
  let tq1: Segment | undefined
  let spm: Segment | undefined
  for (const segment of hl7.segments) {
    const last = groups.at(-1)
    if (segment.name === 'ORC') {
      orc = segment
      tq1 = undefined
    } else if (segment.name === 'TQ1') {
      // v2.5 puts TQ1 behind the OBR in OML and behind the RXE in RDE, before the OBR in ORM.
      if (last && last.orc === orc) last.tq1 ??= segment
      else tq1 ??= segment
    } else if (details.includes(segment.name as OrderDetail))
      groups.push({ detail: segment, components: [], notes: [], ...(orc && { orc }), ...(tq1 && { tq1 }), ...(spm && { more: spm }) })
    else if (segment.name === 'SPM' && SPECIMEN_FIRST.has(hl7.type)) spm = segment
    else if (last) addTo(last, segment)
  }
  return groups
}

function addTo(group: OrderGroup, segment: Segment): void {
  if (segment.name === DETAILS[group.detail.name as OrderDetail]) group.more ??= segment
  else if (segment.name === 'RXC' && group.detail.name !== 'OBR') group.components.push(segment)
  else if (segment.name === 'NTE') group.notes.push(segment)
}
