/** Orders of a message, of services (OBR) and of drugs (RXE, RXO) alike: what stands around the segment that says what is ordered. */
import type { Segment } from '../../parsers/hl7v2.ts'
import type { Message } from './message.ts'
import type { SpecimenSegments } from './specimen.ts'

export interface OrderGroup {
  orc?: Segment
  tq1?: Segment
  detail: Segment
  /** how a drug is given: the first RXR behind it */
  more?: Segment
  specimens: SpecimenSegments[]
  /** what a mixture is made of: RXC */
  components: Segment[]
  notes: Segment[]
}

/** Segments that say what is ordered. */
export type OrderDetail = 'OBR' | 'RXE' | 'RXO'

/** The specimen, with its containers, stands before the orders that are made of it. */
const SPECIMEN_FIRST: ReadonlySet<string> = new Set(['OML^O33', 'OML^O35'])

/** Walks the segments in order: ORC and TQ1 stand before the detail that they are of, the rest behind it. One ORC may stand for several. */
export function orderGroups({ hl7 }: Message, details: readonly OrderDetail[]): OrderGroup[] {
  const groups: OrderGroup[] = []
  let orc: Segment | undefined
  let tq1: Segment | undefined
  let ahead: SpecimenSegments | undefined
  for (const segment of hl7.segments) {
    const last = groups.at(-1)
    if (segment.name === 'ORC') {
      orc = segment
      tq1 = undefined
    } else if (segment.name === 'TQ1') {
      // v2.5 puts TQ1 behind the OBR in OML and behind the RXE in RDE, before the OBR in ORM.
      if (last && last.orc === orc) last.tq1 ??= segment
      else tq1 ??= segment
    } else if (details.includes(segment.name as OrderDetail)) {
      const specimens = ahead ? [ahead] : []
      groups.push({ detail: segment, specimens, components: [], notes: [], ...(orc && { orc }), ...(tq1 && { tq1 }) })
    } else if (SPECIMEN_FIRST.has(hl7.type) && segment.name === 'SPM') ahead = { spm: segment, containers: [] }
    else if (SPECIMEN_FIRST.has(hl7.type) && segment.name === 'SAC') ahead?.containers.push(segment)
    else if (last) addTo(last, segment)
  }
  return groups
}

function addTo(group: OrderGroup, segment: Segment): void {
  const { specimens, components, notes } = group
  const isDrug = group.detail.name !== 'OBR'
  if (segment.name === 'NTE') notes.push(segment)
  else if (segment.name === 'RXR' && isDrug) group.more ??= segment
  else if (segment.name === 'RXC' && isDrug) components.push(segment)
  else if (segment.name === 'SPM' && !isDrug) specimens.push({ spm: segment, containers: [] })
  else if (segment.name === 'SAC') specimens.at(-1)?.containers.push(segment)
}
