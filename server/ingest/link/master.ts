/** The master Patient: one per person, made of what the linked records say. Pure. */
import type { SourceKind } from '../../../mappings/engine/types.ts'
import { readName } from '../../../mappings/engine/values/name.ts'
import { codeSystem, NATIONAL, structureDefinition } from '../../fhir/canonical.ts'
import { rank } from '../fold/rules.ts'
import type { IdentityField, IdentityStatement, NumberFacts } from './decide.ts'

/** JSON text of the master Patient of a number. Without linked records it is inactive, but stays: others may refer to it. */
export function masterText(
  id: string,
  number: string,
  facts: NumberFacts,
  statements: readonly IdentityStatement[],
  linked: readonly string[],
): string {
  const mine = statements.filter((s) => linked.includes(s.patient))
  const name = best(mine, 'name', (value) => !readName(value).masked) ?? best(mine, 'name')
  const gender = best(mine, 'gender', (value) => value === facts.gender) ?? best(mine, 'gender')
  const birthDate = best(mine, 'birthDate', (value) => value === facts.birthDate) ?? best(mine, 'birthDate')
  return JSON.stringify({
    resourceType: 'Patient',
    id,
    meta: { profile: [structureDefinition(name && gender && birthDate ? 'cn-patient' : 'cn-patient-minimal')] },
    identifier: [
      {
        use: 'official',
        type: { coding: [{ system: codeSystem('cn-identifier-type'), code: 'ID' }] },
        system: NATIONAL.idCard,
        value: number,
      },
    ],
    active: mine.length > 0,
    ...(name && { name: [{ use: 'official', text: name }] }),
    ...(gender && { gender }),
    ...(birthDate && { birthDate }),
    ...(mine.length > 0 && {
      link: linked.map((patient) => ({ other: { reference: `Patient/${patient}` }, type: 'seealso' })),
    }),
  })
}

/** The source that goes first for clinical facts, and there the newest word. */
function best(
  statements: readonly IdentityStatement[],
  field: IdentityField,
  accept: (value: string) => boolean = () => true,
): string | undefined {
  const order = (kind: SourceKind): number => rank('Patient', kind)
  const saying = statements.filter((s) => s.said[field] && accept(s.said[field].value))
  const sorted = saying.sort((a, b) => {
    const [x, y] = [a.said[field], b.said[field]]
    if (order(a.kind) !== order(b.kind)) return order(a.kind) - order(b.kind)
    return `${y?.at}${y?.value}`.localeCompare(`${x?.at}${x?.value}`, 'en')
  })
  return sorted[0]?.said[field]?.value
}
