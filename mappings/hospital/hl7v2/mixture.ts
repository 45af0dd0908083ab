/** RXC behind an order: what a mixture is made of, as cn-medication's parent has it (HL7 v2.4, 4.14.3). The order refers to it. */
import type { Medication } from '@medplum/fhirtypes'
import { keys } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import { localConcept } from '../../engine/mention.ts'
import type { Run } from '../../engine/rule.ts'
import { filled } from '../../engine/values/blank.ts'
import { readDecimal } from '../../engine/values/decimal.ts'
import { readUnit } from '../../engine/values/unit.ts'
import type { Hl7Record, Segment } from '../../parsers/hl7v2.ts'
import { type Fields, fieldsOf, locate } from './fields.ts'

const RXC = ['RXC-1', 'RXC-2.1', 'RXC-2.2', 'RXC-3', 'RXC-4.1', 'RXC-4.2'] as const

/** One RXC, with the name of its segment in the message. */
export interface Component {
  fields: Fields<(typeof RXC)[number]>
  at: (field: string) => string
}

export interface MixtureRow {
  orderNo?: string
  code?: string
  name?: string
  components: Component[]
}

export const componentsOf = (hl7: Hl7Record, segments: readonly Segment[]): Component[] =>
  segments.map((segment) => ({ fields: fieldsOf(segment, RXC), at: locate(hl7, segment) }))

/** Fields of a component that are read. */
export const componentFields = ({ at }: Component): string[] => [...RXC, 'RXC-2', 'RXC-4'].map(at)

export const mixture = mapping<MixtureRow, Medication>({
  source: 'hospital/hl7v2/RXC',
  to: 'Medication',
  id: (row, run) => (row.orderNo === undefined ? undefined : keys.mixture(run.scope, row.orderNo)),
  when: (row) => (row.components?.length ?? 0) > 0,
  rules: (from) => ({
    code: from.localConcept('drug', 'code', 'name'),
    ingredient: from.value('components', (row, run) =>
      (row.components as Component[] | undefined)?.flatMap((one) => ingredient(run, one) ?? []),
    ),
  }),
})

/** A component without a code or a name is none; an amount that cannot be read is said and left out. */
function ingredient(run: Run, { fields, at }: Component) {
  const [code, name] = [filled(fields['RXC-2.1']), filled(fields['RXC-2.2'])]
  if (code === undefined && name === undefined) return run.flaw(at('RXC-2'), 'mapping-required') as undefined
  const amount = filled(fields['RXC-3'])
  const value = amount === undefined ? undefined : readDecimal(amount)
  if (amount !== undefined && !value) run.flaw(at('RXC-3'), 'mapping-number-invalid')
  const unit = readUnit(filled(fields['RXC-4.2']) ?? filled(fields['RXC-4.1']))
  return {
    itemCodeableConcept: code === undefined ? { text: name as string } : localConcept(run.scope, 'drug', code, name),
    // An additive is what the mixture is given for; what a base is, is not said (table 0166).
    ...(fields['RXC-1'] === 'A' && { isActive: true }),
    ...(value && { strength: { numerator: { value, ...unit }, denominator: { value: 1 } } }),
  }
}
