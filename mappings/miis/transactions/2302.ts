/** 2302, reversal of inpatient charge lines: the line, and the prescription that it may have been, are void; `0000` is every line of the stay. */
import type { ChargeItem, MedicationRequest } from '@medplum/fhirtypes'
import { mapping } from '../../engine/mapping.ts'
import { lineIdentifier, lineKey, type LineNumbers } from '../charge-keys.ts'
import { listOf, text } from '../envelope.ts'
import { miisKeys } from '../keys.ts'
import { personOf } from '../persons.ts'
import { addPerson, naming, type Site, type Transaction, withSite } from '../transaction.ts'
import { ALL_LINES } from './2205.ts'

export interface LineRow extends Site, LineNumbers {
  psn_no?: string
}

export const voidCharge = mapping<LineRow, ChargeItem>({
  source: 'miis/2302/feeinfo',
  to: 'ChargeItem',
  id: (row, run) => lineKey('ChargeItem', row, run),
  organization: 'fixmedins_code',
  withdrawn: () => true,
  rules: (from) => ({ identifier: [from.value('feedetl_sn', lineIdentifier)] }),
})

export const voidPrescription = mapping<LineRow, MedicationRequest>({
  source: 'miis/2302/feeinfo',
  to: 'MedicationRequest',
  id: (row, run) => lineKey('MedicationRequest', row, run),
  organization: 'fixmedins_code',
  withdrawn: () => true,
  rules: (from) => ({ identifier: [from.value('feedetl_sn', lineIdentifier)], intent: 'order' }),
})

export const chargeReversal: Transaction = {
  infno: '2302',
  long: ['feeinfo', 'data'],
  *fill(input) {
    const { request, record, context, requestedAt: statedAt } = input
    const listed = listOf(request, 'input', 'feeinfo', 'data')
    const [first] = listed
    if (first) addPerson(input, personOf(first.node), first.node, first.path, statedAt)
    for (const { node: line, path } of listed) {
      yield
      const at = naming(line, path)
      record.noteRead(at('psn_no'))
      if (text(line, 'psn_no') !== text(first?.node, 'psn_no')) {
        record.issue({ severity: 'error', code: 'mapping-conflict', at: at('psn_no') })
        continue
      }
      const visit = text(line, 'mdtrt_id')
      // Some write it where 2205 has it.
      if ((text(line, 'feedetl_sn') ?? text(line, 'chrg_bchno')) === ALL_LINES && visit !== undefined) {
        record.noteRead(at('feedetl_sn'), at('chrg_bchno'), at('mdtrt_id'))
        record.sayOfBatch({ batch: miisKeys.lines(context, visit), word: 'reversed', statedAt })
        continue
      }
      const row = withSite<LineRow>(line, request)
      record.run(voidCharge, row, { statedAt, at })
      record.run(voidPrescription, row, { statedAt, at })
    }
  },
}
