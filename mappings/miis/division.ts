/** Administrative divisions (GB/T 2260) by which the insurance names places: that of the insurance and that of the care. */
import { structureDefinition } from '../../server/fhir/canonical.ts'
import { type Field, Rule } from '../engine/rule.ts'

/** GB/T 2260 administrative divisions, six digits. */
export const DIVISION = 'urn:oid:2.16.156.10011.2.3.3.2'

/** The division that was sent; undefined where it is none: a word or a few digits say of no place where it lies. */
export function divisionOf(sent: string | undefined): string | undefined {
  const division = sent?.normalize('NFKC')
  return division !== undefined && /^[1-9]\d{5}$/.test(division) ? division : undefined
}

/** Of a field; what is no division is told and left out. */
export function division<Row>(field: Field<Row>): Rule<string> {
  return new Rule<string>([field], (run) => {
    const sent = run.text(field)
    const read = divisionOf(sent)
    if (sent !== undefined && read === undefined) run.flaw(field, 'mapping-value-unknown', 'warning')
    return read
  })
}

/** Where the insurance is: the pool that pays. */
export const poolArea = <Row>(field: Field<Row>) => ({
  url: structureDefinition('cn-pool-area'),
  valueCoding: { system: DIVISION, code: division<Row>(field) },
})

/** By the first two digits of their divisions; undefined: not both are known. */
export const areProvincesApart = (one: string | undefined, other: string | undefined): boolean | undefined =>
  one === undefined || other === undefined ? undefined : one.slice(0, 2) !== other.slice(0, 2)
