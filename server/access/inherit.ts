/** What resources about to be stored take from each other and from what is stored: labels and persons, along references. */
import type { FhirResource } from '../fhir/types.ts'
import { ACCESS_BOUNDS } from './bounds.ts'
import { isPublicType, PATIENTS_WRITE } from './content.ts'
import { type Inheritance, inheritanceOf } from './inheritance.ts'
import type { OwnLabels } from './labels.ts'
import type { Scan } from './scan.ts'
import type { StampInput } from './types.ts'

export interface Working extends OwnLabels {
  input: StampInput & { resource: FhirResource }
  name: string
  scan: Scan
  targets: string[]
  persons: Set<string>
  /** names of what was looked up for it, for labels or persons */
  looked: string[]
  /** of each person the parts that it is about (parts.ts); null: not known which */
  parts: Map<string, ReadonlySet<string> | null>
}

/** What is known of a resource that another one refers to. */
export interface Known extends Pick<OwnLabels, 'labels' | 'insured' | 'fromInsurance' | 'docType' | 'notifiable'> {
  type: string
  persons: readonly string[]
  custodian: string
  /** its labels and persons when it was read */
  mark: string
  /** patients that its text names, of a stored one */
  names?(): string[]
  parts?: Working['parts']
}

export const pairOf = (custodian: string, person: string): string => `${custodian}|${person}`

/** Without a custodian it is the operator's work, who sees everything; but for what patients write too, who do not. */
export const isOwn = ({ input: { type, custodian } }: Working, other: string): boolean =>
  custodian === '' ? !PATIENTS_WRITE.has(type) : custodian === other

/** Labels and persons flow along references, several steps inside one batch. */
export function inherit(all: readonly Working[], stored: ReadonlyMap<string, Known>, acquainted: ReadonlySet<string>): void {
  const batch = new Map(all.map((one) => [one.name, one]))
  const ways = all.flatMap((one) => waysOf(one, batch, stored))
  for (let round = 0; round < ACCESS_BOUNDS.inheritanceRounds; round++) {
    let changed = false
    for (const way of ways) if (follow(way, acquainted)) changed = true
    if (!changed) return
  }
}

/** A reference along which something may come. */
interface Way {
  one: Working
  from: Working | Known
  takes: Inheritance
  takesPersons: boolean
}

function waysOf(one: Working, batch: ReadonlyMap<string, Working>, stored: ReadonlyMap<string, Known>): Way[] {
  const { type } = one.input
  const isOrphan = one.persons.size === 0 && !isPublicType(type)
  return one.scan.references.flatMap(({ path, target }): Way[] => {
    const from = batch.get(target) ?? stored.get(target)
    if (!from) return []
    const takes = inheritanceOf(type, path)
    const takesPersons = isOrphan || takes.collection
    return takesPersons || takes.labels || takes.insurance || takes.wrapping ? [{ one, from, takes, takesPersons }] : []
  })
}

const custodianOf = (known: Working | Known): string => ('input' in known ? known.input.custodian : known.custodian)
const typeOf = (known: Working | Known): string => ('input' in known ? known.input.type : known.type)

/** @returns whether something came */
function follow(way: Way, acquainted: ReadonlySet<string>): boolean {
  const { one, from } = way
  const { custodian } = one.input
  const theirs = from.persons instanceof Set ? [...from.persons] : from.persons
  const isMet = (person: string) => one.persons.has(person) || acquainted.has(pairOf(custodian, person))
  const isForeign = !isOwn(one, custodianOf(from)) && theirs.length > 0
  // One person whom the custodian knows is enough for the label, for which the safe side is to take it.
  if (isForeign && !theirs.some(isMet)) return false
  return take(way, way.takesPersons && (!isForeign || theirs.every(isMet)) ? theirs : NOBODY)
}

const NOBODY: readonly string[] = []

function take({ one, from: known, takes }: Way, persons: readonly string[]): boolean {
  let changed = false
  if (takes.labels) {
    if (!known.labels.every((label) => one.labels.includes(label))) {
      one.labels = [...new Set([...one.labels, ...known.labels])].sort()
      changed = true
    }
    if (known.notifiable && !one.notifiable) one.notifiable = changed = true
  }
  if (takes.insurance && known.insured && !one.insured) one.insured = changed = true
  if (takes.wrapping && wrap(one, known)) changed = true
  for (const person of persons) {
    if (!one.persons.has(person)) changed = true
    one.persons.add(person)
    const theirs = known.parts?.get(person)
    if (!theirs) one.parts.set(person, null)
    else if (one.parts.get(person) !== null) one.parts.set(person, new Set([...(one.parts.get(person) ?? []), ...theirs]))
  }
  return changed
}

/** @returns whether it is the wrapping of something that was not known yet */
function wrap(one: Working, known: Working | Known): boolean {
  const target = typeOf(known)
  const isOther = !one.targets.includes(target)
  if (isOther) one.targets = [...one.targets, target].sort()
  const tells = (one.docType === '' && known.docType !== '') || (!one.fromInsurance && known.fromInsurance)
  one.docType ||= known.docType
  one.fromInsurance ||= known.fromInsurance
  return isOther || tells
}
