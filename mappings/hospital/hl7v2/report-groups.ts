/** Reports of a message: which OBR, ORC, SPM, SAC, OBX and NTE belong together. */
import { filled } from '../../engine/values/blank.ts'
import type { Hl7Record, Segment } from '../../parsers/hl7v2.ts'
import { itemOf } from './result-item.ts'
import { isOfControl, type SpecimenSegments } from './specimen.ts'

/** OBX with what belongs to it. */
export interface PanelResult {
  obx: Segment
  /** further OBX that go on with its text */
  lines: Segment[]
  notes: Segment[]
}

/** OBR with what belongs to it. */
export interface Panel {
  obr: Segment
  orc?: Segment
  specimens: SpecimenSegments[]
  results: PanelResult[]
  /** NTE behind the OBR */
  remarks: Segment[]
}

/** The panels under one report number. */
export interface ReportGroup {
  reportNo: string | undefined
  panels: [Panel, ...Panel[]]
}

/** The specimen stands before what was measured in it (HL7 v2.5.1, 7.3.6 and 7.3.7). */
const SPECIMEN_FIRST: ReadonlySet<string> = new Set(['OUL^R22', 'OUL^R23'])
/** The container stands before the order, each order with its own (HL7 v2.4, 13.3.7; v2.5.1, 7.3.5). */
const CONTAINER_FIRST = 'OUL^R21'
/** ORC stands behind its OBR (HL7 v2.5.1, 7.3.6 to 7.3.8). */
const ORC_BEHIND: ReadonlySet<string> = new Set(['OUL^R22', 'OUL^R23', 'OUL^R24'])

/** Walks the segments in order; ORC and NTE belong to what they stand at (HL7 v2.4 chapter 7, ORU^R01). */
export function reportGroups({ type, segments }: Hl7Record): ReportGroup[] {
  const groups: ReportGroup[] = []
  let orc: Segment | undefined
  /** of the panels that follow */
  let ahead: SpecimenSegments | undefined
  let panel: Panel | undefined
  for (const [at, segment] of segments.entries()) {
    const { name } = segment
    if (name === 'ORC') {
      if (ORC_BEHIND.has(type) && segments[at - 1]?.name === 'OBR') continue
      orc = segment
      panel = undefined
    } else if (name === 'OBR') {
      const own = (ORC_BEHIND.has(type) && segments[at + 1]?.name === 'ORC' ? segments[at + 1] : undefined) ?? orc
      panel = { obr: segment, specimens: ahead ? [ahead] : [], results: [], remarks: [], ...(own && { orc: own }) }
      addPanel(groups, panel)
      orc = undefined
      if (type === CONTAINER_FIRST) ahead = undefined
    } else if (name === 'SPM' && SPECIMEN_FIRST.has(type)) {
      // What is observed of the specimen itself stands between it and the first OBR: no result of the panel before.
      ahead = { spm: segment, containers: [] }
      panel = undefined
    } else if (name === 'SAC' && (SPECIMEN_FIRST.has(type) || type === CONTAINER_FIRST)) {
      ahead ??= { containers: [] }
      ahead.containers.push(segment)
      panel = undefined
    } else if (panel) addTo(panel, segment)
  }
  return groups
}

function addPanel(groups: ReportGroup[], panel: Panel): void {
  const reportNo = filled(panel.obr.text(3, 1)) ?? filled(panel.orc?.text(3, 1))
  const group = groups.find((one) => one.reportNo !== undefined && one.reportNo === reportNo)
  if (group) group.panels.push(panel)
  else groups.push({ reportNo, panels: [panel] })
}

function addTo({ specimens, results, remarks }: Panel, segment: Segment): void {
  const last = results.at(-1)
  if (segment.name === 'OBX' && last && goesOn(last, segment)) last.lines.push(segment)
  else if (segment.name === 'OBX') results.push({ obx: segment, lines: [], notes: [] })
  else if (segment.name === 'SPM') specimens.push({ spm: segment, containers: [] })
  else if (segment.name === 'SAC') specimens.at(-1)?.containers.push(segment)
  else if (segment.name === 'NTE') (results.at(-1)?.notes ?? remarks).push(segment)
}

const TEXTS = new Set(['TX', 'FT'])

/**
 * Whether it is a further line of the same text: of one item, which no sub-id parts (HL7 v2.4, 7.4.2.4). Each by itself it would be known by its place, and
 * those of a longer version would stand beside a shorter one.
 */
function goesOn({ obx, notes }: PanelResult, next: Segment): boolean {
  const [item, ...others] = [obx, next].map(itemOf)
  const isText = [obx, next].every((one) => TEXTS.has(one.text(2, 1)) && filled(one.text(4, 1)) === undefined)
  return isText && notes.length === 0 && item !== undefined && others[0] === item && obx.text(11, 1) === next.text(11, 1)
}

/** The reports without the panels that were run on controls, which are nobody's: what these say is told as not read. */
export function withoutControls(groups: readonly ReportGroup[]): ReportGroup[] {
  return groups.flatMap(({ reportNo, panels }) => {
    const [first, ...more] = panels.filter(({ specimens }) => !specimens.some(isOfControl))
    return first ? [{ reportNo, panels: [first, ...more] }] : []
  })
}
