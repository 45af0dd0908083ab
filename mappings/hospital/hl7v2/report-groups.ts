/** Reports of a message: which OBR, ORC, SPM, OBX and NTE belong together. */
import { filled } from '../../engine/values/blank.ts'
import type { Hl7Record, Segment } from '../../parsers/hl7v2.ts'

/** OBR with what belongs to it, and the OBRs of further panels under the same report number. */
export interface ReportGroup {
  reportNo: string | undefined
  orc?: Segment
  obr: Segment
  spm?: Segment
  furtherObrs: Segment[]
  results: { obx: Segment; obr: Segment; notes: Segment[] }[]
  remarks: Segment[]
}

/** The specimen stands before what was measured in it (HL7 v2.5.1, 7.3.6 and 7.3.7). */
const SPECIMEN_FIRST: ReadonlySet<string> = new Set(['OUL^R22', 'OUL^R23'])
/** ORC stands behind its OBR (HL7 v2.5.1, 7.3.6 to 7.3.8). */
const ORC_BEHIND: ReadonlySet<string> = new Set(['OUL^R22', 'OUL^R23', 'OUL^R24'])

/** Walks the segments in order; ORC and NTE belong to what they stand at (HL7 v2.4 chapter 7, ORU^R01). */
export function reportGroups({ type, segments }: Hl7Record): ReportGroup[] {
  const groups: ReportGroup[] = []
  let orc: Segment | undefined
  let spm: Segment | undefined
  let group: ReportGroup | undefined
  let obr: Segment | undefined
  for (const [at, segment] of segments.entries()) {
    if (segment.name === 'ORC') {
      if (ORC_BEHIND.has(type) && segments[at - 1]?.name === 'OBR') continue
      orc = segment
      group = undefined
    } else if (segment.name === 'OBR') {
      const behind = ORC_BEHIND.has(type) && segments[at + 1]?.name === 'ORC' ? segments[at + 1] : undefined
      const own = behind ?? orc
      const reportNo = filled(segment.text(3, 1)) ?? filled(own?.text(3, 1))
      obr = segment
      group = groups.find((one) => one.reportNo !== undefined && one.reportNo === reportNo)
      if (group) group.furtherObrs.push(segment)
      else {
        group = { reportNo, obr: segment, furtherObrs: [], results: [], remarks: [], ...(own && { orc: own }), ...(spm && { spm }) }
        groups.push(group)
      }
      orc = undefined
    } else if (segment.name === 'SPM' && SPECIMEN_FIRST.has(type)) {
      // What is observed of the specimen itself stands between it and the first OBR: no result of the panel before.
      spm = segment
      group = undefined
    } else if (group && obr) {
      if (segment.name === 'OBX') group.results.push({ obx: segment, obr, notes: [] })
      else if (segment.name === 'SPM') group.spm = segment
      else if (segment.name === 'NTE') (group.results.at(-1)?.notes ?? group.remarks).push(segment)
    }
  }
  return groups
}
