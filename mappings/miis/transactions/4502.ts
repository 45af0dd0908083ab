/** 4502, laboratory report: DiagnosticReport, Observation per item, Specimen. vali_flag 0 withdraws the whole report. */
import type { MiisObject } from '../../parsers/miis-json.ts'
import { list, node, text } from '../envelope.ts'
import {
  type ItemRow,
  type LabInfoRow,
  labReport,
  labRequest,
  labResult,
  labSpecimen,
  resultKey,
  type SampleRow,
  specimenKey,
} from '../lab-report.ts'
import { personOf } from '../persons.ts'
import { addPerson, naming, type Transaction, type TransactionInput, withSite } from '../transaction.ts'

const PATH = 'input.labinfo'

export const laboratoryReport: Transaction = {
  infno: '4502',
  long: ['iteminfo', 'sampleinfo'],
  *fill(input) {
    const { request, record, context, requestedAt: statedAt } = input
    const info = node(request, 'input', 'labinfo')
    addPerson(input, personOf(info), info, PATH, statedAt)
    noteReport(input, info)
    const scope = context.organization(text(request, 'fixmedins_code'))
    const samples = list(request, 'input', 'sampleinfo')
    const sampled = samples[0] && text(samples[0], 'sapl_date')
    const outer: [MiisObject, string][] = [
      [info, PATH],
      ...(samples[0] ? [[samples[0], 'input.sampleinfo[0]'] as [MiisObject, string]] : []),
    ]
    const facts = { ...shared(info), ...(sampled !== undefined && { sapl_date: sampled }) }
    const items = list(request, 'input', 'iteminfo')
    const results = items.map((item): ItemRow => ({ ...facts, ...withSite<ItemRow>(item, request) }))
    for (const [index, result] of results.entries()) {
      record.run(labResult, result, { statedAt, at: naming(items[index] ?? {}, `input.iteminfo[${index}]`, ...outer) })
      yield
    }
    const only = samples.length === 1 ? { only: '1' as const } : {}
    const specimens = samples.map((sample): SampleRow => ({ ...facts, ...withSite<SampleRow>(sample, request), ...only }))
    for (const [index, specimen] of specimens.entries()) {
      record.run(labSpecimen, specimen, { statedAt, at: naming(samples[index] ?? {}, `input.sampleinfo[${index}]`, ...outer) })
      yield
    }
    noteLists(input, items.length, samples.length)
    const row: LabInfoRow = {
      ...withSite<LabInfoRow>(info, request),
      ...(sampled !== undefined && { sapl_date: sampled }),
      results: results.flatMap((result) => resultKey(scope, result) ?? []),
      specimens: specimens.flatMap((specimen) => specimenKey(scope, specimen) ?? []),
    }
    record.run(labRequest, row, { statedAt, at: naming(info, PATH) })
    record.run(labReport, row, { statedAt, at: naming(info, PATH) })
  },
}

/** Facts of the report that hold for its results and specimens. */
function shared(info: MiisObject): Record<string, string> {
  const fields = ['rpotc_no', 'rpt_date', 'vali_flag', 'exam_org_code', 'exam_org_name', 'mdtrt_sn', 'mdtrt_id']
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = text(info, field)
      return value === undefined ? [] : [[field, value]]
    }),
  )
}

/** Fields that only decide, or that results and specimens repeat. */
function noteReport({ record }: TransactionInput, info: MiisObject): void {
  const at = naming(info, PATH)
  record.noteRead(at('vali_flag'), at('mdtrt_id'), at('psn_no'))
}

function noteLists({ record }: TransactionInput, items: number, samples: number): void {
  const paths = [
    ...Array.from({ length: items }, (_, at) => `input.iteminfo[${at}]`),
    ...Array.from({ length: samples }, (_, at) => `input.sampleinfo[${at}]`),
  ]
  for (const path of paths) record.noteRead(`${path}.rpotc_no`, `${path}.appy_no`, `${path}.only`, `${path}.sapl_date`)
}
