/** C0022: a costly material that was used for the patient, to Device. The documents name it without its UDI. */
import type { Device } from '@medplum/fhirtypes'
import { keys } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { FactRow } from './facts.ts'

export interface DeviceRow extends FactRow {
  name?: string
  code?: string
  maker?: string
  supplier?: string
  lot?: string
  implanted?: string
  amount?: string
}

const LABELS = [
  ['supplier', '产品供应商'],
  ['implanted', '植入性耗材'],
  ['amount', '数量'],
] as const

export const device = mapping<DeviceRow, Device>({
  source: 'hospital/cda/material',
  to: 'Device',
  id: (row, run) => keys.documentFact('Device', run.scope, row.documentNo ?? '', row.part ?? ''),
  rules: (from) => ({
    status: 'active',
    manufacturer: from.text('maker'),
    lotNumber: from.text('lot'),
    deviceName: [{ name: from.text('name'), type: 'user-friendly-name' }],
    type: from.localConcept('material', 'code', 'name'),
    patient: from.patient(),
    note: from.value(['supplier', 'implanted', 'amount'], (row) => {
      const found = LABELS.flatMap(([field, label]) => (row[field] === undefined ? [] : [{ text: `${label}：${row[field]}` }]))
      return found.length > 0 ? found : undefined
    }),
  }),
})
