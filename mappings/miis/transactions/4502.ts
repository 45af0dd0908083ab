/** 4502, laboratory report: DiagnosticReport, Observation per item, Specimen. vali_flag 0 withdraws the whole report. */
import type { MiisObject } from '../../parsers/miis-json.ts'
import { list, node, text } from '../envelope.ts'
import { type ItemRow, type LabInfoRow, labReport, labResult, labSpecimen, resultKey, type SampleRow, specimenKey } from '../lab-report.ts'
import { personOf } from '../persons.ts'
import { addPerson, naming, type Transaction, type TransactionInput, withSite } from '../transaction.ts'

const PATH = 'input.labinfo'

export const laboratoryReport: Transaction = {
  infno: '4502',
  fill: (input) => {
    const { request, record, context, requestedAt: statedAt } = input
    const info = node(request, 'input', 'labinfo')
    addPerson(input, personOf(info), info, PATH, statedAt)
    noteReport(input, info)
    const scope = context.organization(text(request, 'fixmedins_code'))
    const samples = list(request, 'input', 'sampleinfo')
    const sampled = samples[0] && text(samples[0], 'sapl_date')
    const facts = {
      ...pick(info, 'rpotc_no'),
      ...pick(info, 'rpt_date'),
      ...pick(info, 'vali_flag'),
      ...(sampled !== undefined && { sapl_date: sampled }),
    }
    const results = list(request, 'input', 'iteminfo').map((item): [ItemRow, MiisObject] => [
      { ...facts, ...withSite<ItemRow>(item, request) },
      item,
    ])
    for (const [index, [row, item]] of results.entries())
      record.run(labResult, row, { statedAt, at: naming(item, `input.iteminfo[${index}]`) })
    const specimens = samples.map((sample): [SampleRow, MiisObject] => [
      { ...facts, ...withSite<SampleRow>(sample, request), ...(samples.length === 1 && { only: '1' as const }) },
      sample,
    ])
    for (const [index, [row, sample]] of specimens.entries()) {
      record.run(labSpecimen, row, { statedAt, at: naming(sample, `input.sampleinfo[${index}]`) })
    }
    noteItems(input, results.length, samples.length)
    const row: LabInfoRow = {
      ...withSite<LabInfoRow>(info, request),
      ...(sampled !== undefined && { sapl_date: sampled }),
      results: results.flatMap(([item]) => resultKey(scope, item) ?? []),
      specimens: specimens.flatMap(([sample]) => specimenKey(scope, sample) ?? []),
    }
    record.run(labReport, row, { statedAt, at: naming(info, PATH) })
  },
}

const pick = (info: MiisObject, field: string): Record<string, string> => {
  const value = text(info, field)
  return value === undefined ? {} : { [field]: value }
}

/** Fields of the report that its results repeat, or that only decide. */
function noteReport({ record }: TransactionInput, info: MiisObject): void {
  const at = naming(info, PATH)
  record.noteRead(at('vali_flag'), at('mdtrt_id'), at('psn_no'))
}

function noteItems({ record }: TransactionInput, items: number, samples: number): void {
  for (let index = 0; index < items; index++) record.noteRead(`input.iteminfo[${index}].rpotc_no`, `input.iteminfo[${index}].appy_no`)
  for (let index = 0; index < samples; index++) record.noteRead(`input.sampleinfo[${index}].rpotc_no`, `input.sampleinfo[${index}].appy_no`)
}
