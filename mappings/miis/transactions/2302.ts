/** 2302, reversal of inpatient charge lines: the line, and the prescription that it may have been, are void; `0000` is every line of the stay. */
import type { ChargeItem, MedicationRequest } from '@medplum/fhirtypes'
import { BASE } from '../../../server/fhir/canonical.ts'
import { mapping } from '../../engine/mapping.ts'
import type { RowView } from '../../engine/rule.ts'
import { listOf, text } from '../envelope.ts'
import { miisKeys } from '../keys.ts'
import { personOf } from '../persons.ts'
import { addPerson, naming, type Site, type Transaction, withSite } from '../transaction.ts'
import { ALL_LINES } from './2205.ts'

interface LineRow extends Site {
  feedetl_sn?: string
  mdtrt_id?: string
  psn_no?: string
}

const identifier = (row: RowView<LineRow>) =>
  row.mdtrt_id === undefined || row.feedetl_sn === undefined
    ? undefined
    : { system: `${BASE}/sid/nhsa/feedetl-sn`, value: `${row.mdtrt_id}.${row.feedetl_sn}` }

const voidCharge = mapping<LineRow, ChargeItem>({
  source: 'miis/2302/feeinfo',
  to: 'ChargeItem',
  id: (row, run) =>
    row.mdtrt_id === undefined || row.feedetl_sn === undefined ? undefined : miisKeys.charge(run.context, row.mdtrt_id, row.feedetl_sn),
  withdrawn: () => true,
  rules: (from) => ({ identifier: [from.value('feedetl_sn', identifier)] }),
})

const voidPrescription = mapping<LineRow, MedicationRequest>({
  source: 'miis/2302/feeinfo',
  to: 'MedicationRequest',
  id: (row, run) =>
    row.mdtrt_id === undefined || row.feedetl_sn === undefined
      ? undefined
      : miisKeys.prescription(run.context, row.mdtrt_id, row.feedetl_sn),
  withdrawn: () => true,
  rules: (from) => ({ identifier: [from.value('feedetl_sn', identifier)], intent: 'order' }),
})

export const chargeReversal: Transaction = {
  infno: '2302',
  fill: (input) => {
    const { request, record, context, requestedAt: statedAt } = input
    const listed = listOf(request, 'input', 'feeinfo', 'data')
    const [first] = listed
    if (first) addPerson(input, personOf(first.node), first.node, first.path, statedAt)
    for (const { node: line, path } of listed) {
      const at = naming(line, path)
      record.noteRead(at('psn_no'))
      if (text(line, 'psn_no') !== text(first?.node, 'psn_no')) {
        record.issue({ severity: 'error', code: 'mapping-conflict', at: at('psn_no') })
        continue
      }
      const visit = text(line, 'mdtrt_id')
      if (text(line, 'feedetl_sn') === ALL_LINES && visit !== undefined) {
        record.noteRead(at('feedetl_sn'), at('mdtrt_id'))
        record.sayOfBatch({ batch: miisKeys.lines(context, visit), word: 'reversed', statedAt })
        continue
      }
      const row = withSite<LineRow>(line, request)
      record.run(voidCharge, row, { statedAt, at })
      record.run(voidPrescription, row, { statedAt, at })
    }
  },
}
