/** Who of the patient's side signed a document: the patient, or a relative by the code of GB/T 4761. */
import { keys } from '../../engine/keys.ts'
import type { ResourceKey } from '../../engine/types.ts'
import type { CdaHeader, CdaRelative } from './header.ts'

export interface Signature extends CdaRelative {
  key: ResourceKey | 'patient'
}

/** The hospital's own number of the patient, else the document's: relatives are known within it. */
export function patientNoOf(header: CdaHeader, documentNo: string): string {
  return header.patient.numbers.find(({ kind }) => kind === 'patient')?.value ?? documentNo
}

export function signatures(header: CdaHeader, scope: string, documentNo: string): Signature[] {
  return header.relatives
    .filter(({ signs }) => signs)
    .flatMap((one): Signature[] => {
      if (one.isPatient) return [{ ...one, key: 'patient' }]
      const name = one.name ?? one.number
      return name === undefined ? [] : [{ ...one, key: keys.relative(scope, patientNoOf(header, documentNo), name) }]
    })
}
