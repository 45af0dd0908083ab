/** What was examined: SPM (HL7 v2.5.1, 7.4.3), the containers that it is in (SAC, 13.4.3), or OBR-15 where no segment of its own tells of it. */
import type { Specimen } from '@medplum/fhirtypes'
import { localSystem } from '../../../server/fhir/canonical.ts'
import { keys } from '../../engine/keys.ts'
import { type Mapping, mapping } from '../../engine/mapping.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import { localCodes } from '../../engine/systems.ts'
import type { MappingIssue, ResourceKey, TimedKey } from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import type { Hl7Record, Segment } from '../../parsers/hl7v2.ts'
import { type Fields, fieldsOf, locate, segmentOf, segmentsOf } from './fields.ts'
import { warning } from './message.ts'
import { perKind, type ReportKind, specimenKeyOf } from './report-kind.ts'
import { isWithdrawn } from './report-status.ts'

/** One specimen of a message. Of what came before v2.5 the container alone tells. */
export interface SpecimenSegments {
  spm?: Segment
  containers: Segment[]
}

const SPM = [
  ...(['SPM-4.1', 'SPM-4.2', 'SPM-7.1', 'SPM-7.2', 'SPM-8.1', 'SPM-8.2', 'SPM-12.1', 'SPM-12.2', 'SPM-14'] as const),
  ...(['SPM-17.1', 'SPM-18', 'SPM-20', 'SPM-21.1', 'SPM-21.2', 'SPM-24.1', 'SPM-24.2'] as const),
] as const
const SAC = ['SAC-2.1', 'SAC-6.1', 'SAC-6.2'] as const
const OBR = ['OBR-7', 'OBR-14', 'OBR-15.1', 'OBR-15.2'] as const
const TYPES = ['SPM-4.1', 'SPM-4.2', 'SAC-6.1', 'SAC-6.2', 'OBR-15.1', 'OBR-15.2'] as const

export type SpecimenRow = Fields<(typeof SPM)[number] | (typeof SAC)[number] | (typeof OBR)[number]> & {
  /** SPM-2: the number of whoever asked for it, else the laboratory's */
  specimenNo?: string
  /** of the report that it belongs to, where it has no number of its own, and which of several such it is there */
  reportNo?: string
  nth?: string
  /** what tells it from others without a number in its report: when it was taken, where that is said, what it is, and which of several such */
  told?: string
  /** SAC-3 */
  containers: string[]
  /** OBR-25 of that report */
  standing?: string
}

/** HL7 table 0369: blind samples, calibrators, controls and tests of proficiency. What is measured in them is nobody's result. */
const CONTROLS: ReadonlySet<string> = new Set(['B', 'C', 'E', 'F', 'O', 'Q', 'V'])

export const isOfControl = ({ spm }: SpecimenSegments): boolean => spm !== undefined && CONTROLS.has(spm.text(11, 1).trim().toUpperCase())

/** A control has no patient: that a message names one all the same may mean that it is none, and is told. */
export const namedControls = (hl7: Hl7Record): MappingIssue[] =>
  segmentOf(hl7, 'PID') === undefined
    ? []
    : segmentsOf(hl7, 'SPM')
        .filter((spm) => isOfControl({ spm, containers: [] }))
        .map((spm) => warning('mapping-conflict', locate(hl7, spm)('SPM-11')))

/** SPM-2, by the name of the component in which it stands. */
const numberOf = (spm: Segment | undefined): { at: string; value: string } | undefined =>
  [1, 2].flatMap((component) => {
    const value = filled(spm?.text(2, component))
    return value === undefined ? [] : [{ at: `SPM-2.${component}`, value }]
  })[0]

/** @param of the panel and the report that it was examined for, if any */
export function specimenRow(
  { spm, containers }: SpecimenSegments,
  of: { obr?: Segment; reportNo?: string | undefined; nth?: number; standing?: string | undefined; taken?: string | undefined } = {},
): SpecimenRow {
  const { obr, reportNo, nth, standing, taken } = of
  const sac = containers[0]
  // SAC-6.1 is a coded element within another one: its name stands in a subcomponent.
  const name = filled(sac?.text(6, 1, 0, 2))
  const number = numberOf(spm)?.value
  return {
    ...fieldsOf(spm, SPM),
    ...fieldsOf(sac, SAC),
    ...(name !== undefined && { 'SAC-6.2': name }),
    ...fieldsOf(obr, OBR),
    ...(number !== undefined && { specimenNo: number }),
    ...(reportNo !== undefined && { reportNo }),
    ...(nth !== undefined && nth > 1 && { nth: String(nth) }),
    ...(spm && number === undefined && toldOf(spm, taken)),
    ...(standing !== undefined && { standing }),
    containers: containers.map((one) => filled(one.text(3, 1))).filter((one) => one !== undefined),
  }
}

/** One of which nothing but OBR-15 tells is that of the whole report. @param taken when it was, where that tells specimens apart */
function toldOf(spm: Segment, taken: string | undefined): Pick<SpecimenRow, 'told'> {
  const type = filled(spm.text(4, 1)) ?? filled(spm.text(4, 2)) ?? ''
  return taken === undefined ? {} : { told: `${taken} ${type}` }
}

/** Fields of a specimen by their segments. */
export function specimenLocator(hl7: Hl7Record, { spm, containers }: SpecimenSegments, obr?: Segment): (name: string) => string {
  const segments = [spm, containers[0], obr].filter((one) => one !== undefined)
  return (name) => {
    const field = name === 'specimenNo' ? (numberOf(spm)?.at ?? 'SPM-2.1') : name
    const segment = segments.find((one) => field.startsWith(`${one.name}-`))
    return segment ? locate(hl7, segment)(field) : field
  }
}

/** Fields that the rows above hold otherwise than under their names; that it is the patient's says nothing more (P of table 0369). */
export const specimenFieldsRead = (hl7: Hl7Record, { spm, containers }: SpecimenSegments): string[] => [
  ...(spm?.text(11, 1) === 'P' ? [locate(hl7, spm)('SPM-11')] : []),
  ...containers.flatMap((sac, at) => ['SAC-3.1', ...(at === 0 ? ['SAC-6.1.2'] : [])].map(locate(hl7, sac))),
]

const specimenKey =
  (kind: ReportKind) =>
  (row: RowView<SpecimenRow>, run: Run): ResourceKey | undefined => {
    if (row.specimenNo !== undefined) return keys.specimen(run.scope, row.specimenNo)
    if (row.reportNo === undefined) return undefined
    return specimenKeyOf(kind, run.scope, row.reportNo, row.nth !== undefined && row.told !== undefined ? `@${row.told}` : row.nth)
  }

/** Beside the first of its report: whether another message means the same one, its time and type say (server/ingest/timed.ts). */
function toldKey(kind: ReportKind, { reportNo, told, standing }: RowView<SpecimenRow>, run: Run): TimedKey | undefined {
  if (reportNo === undefined || told === undefined) return undefined
  const [key, plain] = [`@${told}`, undefined].map((name) => specimenKeyOf(kind, run.scope, reportNo, name))
  return key && plain && { at: told, key, plain, corrects: standing === 'C' || isWithdrawn(standing) }
}

/** One that was rejected is of no use, wherever it is. */
function statusOf(row: RowView<SpecimenRow>): 'available' | 'unavailable' | 'unsatisfactory' | undefined {
  if (row['SPM-21.1'] !== undefined || row['SPM-21.2'] !== undefined) return 'unsatisfactory'
  if (row['SPM-20'] === 'Y') return 'available'
  return row['SPM-20'] === 'N' ? 'unavailable' : undefined
}

const isSomething = (row: RowView<SpecimenRow>): boolean =>
  row.specimenNo !== undefined || row['SAC-2.1'] !== undefined || row.containers.length > 0 || TYPES.some((part) => row[part] !== undefined)

const specimenMapping = (kind: ReportKind): Mapping<SpecimenRow> =>
  mapping<SpecimenRow, Specimen>({
    source: 'hospital/hl7v2/SPM',
    to: 'Specimen',
    id: specimenKey(kind),
    numbered: ({ reportNo, nth, told }, run) =>
      reportNo !== undefined && nth !== undefined && told !== undefined ? specimenKeyOf(kind, run.scope, reportNo, nth) : undefined,
    timed: (row, run) => toldKey(kind, row, run),
    when: isSomething,
    // One with a number may have other reports; it was taken whatever becomes of this one.
    withdrawn: (row) => row.specimenNo === undefined && isWithdrawn(row.standing),
    nulls: [{ element: 'status', fields: ['SPM-21.1'] }],
    rules: (from) => {
      const system = (scope: string): string => localCodes(scope, 'specimen')
      return {
        identifier: [from.identifier((scope) => localSystem(scope, 'specimen-no'), 'specimenNo')],
        accessionIdentifier: from.identifier((scope) => localSystem(scope, 'accession-no'), 'SAC-2.1'),
        status: from.value(['SPM-20', 'SPM-21.1', 'SPM-21.2'], statusOf),
        type: from
          .coded('specimen', 'SPM-4.1', 'SPM-4.2', { system })
          .or(from.coded('specimen', 'OBR-15.1', 'OBR-15.2', { system }))
          .or(from.coded('specimen', 'SAC-6.1', 'SAC-6.2', { system })),
        subject: from.patient(),
        receivedTime: from.dateTime('SPM-18').or(from.dateTime('OBR-14')),
        collection: {
          collectedDateTime: from.dateTime('SPM-17.1').or(from.dateTime('OBR-7')),
          quantity: from.quantity('SPM-12.1', 'SPM-12.2'),
          method: from.localConcept('specimen-method', 'SPM-7.1', 'SPM-7.2'),
          bodySite: from.localConcept('body-site', 'SPM-8.1', 'SPM-8.2'),
        },
        container: from.value('containers', ({ containers }, run) =>
          containers.length > 0
            ? containers.map((value) => ({ identifier: [{ system: localSystem(run.scope, 'container-no'), value }] }))
            : undefined,
        ),
        condition: [from.localConcept('specimen-condition', 'SPM-24.1', 'SPM-24.2')],
        note: [{ text: from.prose('SPM-14') }, { text: from.value(['SPM-21.1', 'SPM-21.2'], (row) => row['SPM-21.2'] ?? row['SPM-21.1']) }],
      }
    },
  })

export const SPECIMENS = perKind(specimenMapping)
