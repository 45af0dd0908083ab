/** Resources of several types that refer to each other, whose values meet often enough to tell the rules of search apart. */
import type { FhirResource } from '../../../server/fhir/types.ts'
import { custody } from '../../consent/resources.ts'
import type { Dice } from './dice.ts'
import { interval } from './values.ts'

export const ICD = 'urn:oid:2.16.156.10011.2.3.3.11.3'
/** of no common dimension, so that a conversion of units changes nothing */
const UNITS = ['mg', 'mm[Hg]', 'Cel']
const SYSTEMS = [undefined, 'http://loinc.org', 'urn:oid:1.2', 'urn:oid:1.2.3']
const CODES = ['a', 'A', 'ab', 'a|b', 'a,b', 'a\\b', '$', '甲']
const two = (n: number): string => String(n).padStart(2, '0')

export interface Plan {
  dice: Dice
  /** stands before every id */
  prefix: string
  base: string
  counts: Record<string, number>
}

export const TYPES = [
  'Organization',
  'Practitioner',
  'Patient',
  'Encounter',
  'Condition',
  'Observation',
  'RiskAssessment',
  'ValueSet',
] as const
type Type = (typeof TYPES)[number]

export function generated(plan: Plan): FhirResource[] {
  return TYPES.flatMap((type) =>
    Array.from({ length: plan.counts[type] ?? 0 }, (_, at) => {
      const one = new Maker(plan)
      return { resourceType: type, id: `${plan.prefix}${type.toLowerCase()}-${at}`, ...clean(one.make(type)) } as FhirResource
    }),
  )
}

/** Whether a period from `start` can end at `end`: two instants in their order, two spans of which the second reaches beyond the first's beginning. */
export function mayFollow(end: string, start: string): boolean {
  const [from, to] = [interval(start), interval(end)]
  return start.includes('T') && end.includes('T') ? from.lo <= to.lo : from.lo < to.hi
}

/** No empty lists: FHIR has none. */
function clean(made: object): object {
  const text = JSON.stringify(made, (_key, value: unknown) => (Array.isArray(value) && value.length === 0 ? undefined : value))
  return JSON.parse(text) as object
}

export class Maker {
  readonly plan: Plan
  readonly dice: Dice

  constructor(plan: Plan) {
    this.plan = plan
    this.dice = plan.dice
  }

  make(type: Type): object {
    const made = { ...MAKERS[type](this) } as { meta?: object }
    return {
      ...made,
      meta: { ...custody(this.dice.pick(['H1', 'H2', 'H3'])), ...made.meta, ...this.dice.maybe(0.3, () => ({ tag: [this.coding()] })) },
    }
  }

  date(): string {
    const { dice } = this
    const date = `${dice.pick([2023, 2024])}-${two(dice.pick([1, 2, 12]))}-${two(dice.pick([1, 2, 28]))}`
    return dice.pick([date.slice(0, 4), date.slice(0, 7), date, date])
  }

  time(): string {
    const { dice } = this
    if (dice.chance(0.4)) return this.date()
    const date = `${dice.pick([2023, 2024])}-${two(dice.pick([1, 2, 12]))}-${two(dice.pick([1, 2, 28]))}`
    return `${date}T${dice.pick(['00:00:00', '00:00:01', '23:59:59'])}${dice.pick(['', '', '.000', '.999'])}${dice.pick(['+08:00', 'Z', '-05:00'])}`
  }

  /** per-1 holds: mixed precisions and zones, ends that are equal or less exact than the start, none that is over before it. */
  period(): object {
    const [a, b] = [this.time(), this.dice.chance(0.1) ? undefined : this.time()]
    const both = mayFollow(b ?? a, a) ? { start: a, end: b ?? a } : { start: b, end: a }
    return this.dice.pick([both, { start: a }, { end: a }])
  }

  decimal(): number {
    return Number((this.dice.int(-3000, 3000) / 1000).toFixed(this.dice.int(0, 3)))
  }

  quantity(): object {
    const code = this.dice.pick(UNITS)
    const comparator = this.dice.maybe(0.15, () => ({ comparator: this.dice.pick(['<', '<=', '>', '>=']) }))
    return { value: this.decimal(), ...comparator, unit: code, system: 'http://unitsofmeasure.org', code }
  }

  coding(): object {
    const system = this.dice.pick(SYSTEMS)
    return { ...(system === undefined ? {} : { system }), code: this.dice.pick(CODES) }
  }

  concept(): object {
    return this.dice.chance(0.1) ? { text: '只有文字' } : { coding: [this.coding(), ...this.dice.some(1, () => this.coding())] }
  }

  identifier(): object {
    const system = this.dice.pick(SYSTEMS)
    const type = this.dice.maybe(0.5, () => ({ type: { coding: [{ system: 'urn:oid:1.2', code: this.dice.pick(['a', 'ab']) }] } }))
    return { ...type, ...(system === undefined ? {} : { system }), value: this.dice.pick(CODES) }
  }

  reference(...types: Type[]): object {
    const { dice, plan } = this
    const type = dice.pick(types)
    // Two more than there are: some lead nowhere.
    const local = `${type}/${plan.prefix}${type.toLowerCase()}-${dice.int(0, (plan.counts[type] ?? 0) + 1)}`
    const reference = dice.pick([local, local, local, `${plan.base}/${local}`, `${local}/_history/1`])
    if (dice.chance(0.08)) return { identifier: { system: 'urn:oid:1.2', value: dice.pick(CODES) }, display: '张三' }
    return { reference }
  }

  /** About a patient: by a reference that the server can follow to a person. */
  subject(): object {
    const { dice, plan } = this
    return { reference: `Patient/${plan.prefix}patient-${dice.int(0, (plan.counts.Patient ?? 1) - 1)}` }
  }

  name(): object {
    const { dice } = this
    const family = dice.pick(['王', '张', '張', '李', 'Müller', 'ＷＡＮＧ', 'O Neil', 'x.*'])
    return { ...dice.maybe(0.8, () => ({ family })), given: [dice.pick(['建国', '三', 'Jo', 'Ána']), ...dice.some(1, () => 'B')] }
  }

  address(): object {
    const { dice } = this
    return {
      city: dice.pick(['北京', 'Köln']),
      line: [dice.pick(['长安街1号', 'Dom 4'])],
      ...dice.maybe(0.5, () => ({ postalCode: '100000' })),
    }
  }
}

const MAKERS: Record<Type, (m: Maker) => object> = {
  Organization: (m) => ({
    identifier: m.dice.some(2, () => m.identifier()),
    active: m.dice.chance(0.5),
    name: m.dice.pick(['王三医院', '建国医院', 'Charité', 'a,b$c|d']),
    alias: m.dice.some(1, () => '三院'),
    ...m.dice.maybe(0.5, () => ({ partOf: m.reference('Organization') })),
    address: m.dice.some(1, () => m.address()),
  }),
  Practitioner: (m) => ({
    identifier: m.dice.some(1, () => m.identifier()),
    name: m.dice.some(2, () => m.name()),
    gender: m.dice.pick(['male', 'female', 'other']),
    telecom: m.dice.some(1, () => ({ system: 'phone', value: m.dice.pick(['+86 10', '123']) })),
  }),
  Patient: (m) => ({
    identifier: m.dice.some(2, () => m.identifier()),
    name: m.dice.some(2, () => m.name()),
    address: m.dice.some(1, () => m.address()),
    telecom: m.dice.some(2, () => ({ system: m.dice.pick(['phone', 'email']), value: m.dice.pick(['+86 10', '123', 'a,b@c']) })),
    ...m.dice.maybe(0.8, () => ({ birthDate: m.date() })),
    ...m.dice.maybe(0.8, () => ({ gender: m.dice.pick(['male', 'female', 'unknown']) })),
    ...m.dice.maybe(0.5, () => ({ active: m.dice.chance(0.5) })),
    ...m.dice.maybe(0.6, () => ({ managingOrganization: m.reference('Organization') })),
    generalPractitioner: m.dice.some(2, () => m.reference('Practitioner', 'Organization')),
  }),
  Encounter: (m) => ({
    status: m.dice.pick(['finished', 'planned']),
    class: m.coding(),
    type: m.dice.some(2, () => m.concept()),
    subject: m.subject(),
    ...m.dice.maybe(0.8, () => ({ period: m.period() })),
    ...m.dice.maybe(0.6, () => ({ length: { value: m.dice.int(1, 90), unit: 'min', system: 'http://unitsofmeasure.org', code: 'min' } })),
    participant: m.dice.some(2, () => ({ type: [m.concept()], individual: m.reference('Practitioner') })),
    ...m.dice.maybe(0.3, () => ({ partOf: m.reference('Encounter') })),
    ...m.dice.maybe(0.5, () => ({ serviceProvider: m.reference('Organization') })),
  }),
  Condition: (m) => ({
    code: { coding: [{ system: ICD, code: m.dice.pick(['A00', 'A00.1', 'A01.0', 'B15.9']) }, ...m.dice.some(1, () => m.coding())] },
    category: m.dice.some(2, () => m.concept()),
    subject: m.subject(),
    ...m.dice.maybe(0.5, () => ({ encounter: m.reference('Encounter') })),
    ...m.dice.pick([
      { onsetDateTime: m.time() },
      { onsetPeriod: m.period() },
      { onsetAge: { value: m.dice.int(1, 99), unit: 'a', system: 'http://unitsofmeasure.org', code: 'a' } },
      { onsetString: m.dice.pick(['童年', 'Spring']) },
      {},
    ]),
    ...m.dice.maybe(0.6, () => ({ recordedDate: m.time() })),
    stage: m.dice.some(1, () => ({ summary: m.concept() })),
    evidence: m.dice.some(2, () => ({ code: [m.concept()], detail: [m.reference('Observation', 'Condition')] })),
  }),
  Observation: (m) =>
    withoutOwnCode({
      status: m.dice.pick(['final', 'amended']),
      identifier: m.dice.some(1, () => m.identifier()),
      category: m.dice.some(1, () => m.concept()),
      code: m.concept(),
      subject: m.subject(),
      ...m.dice.maybe(0.5, () => ({ encounter: m.reference('Encounter') })),
      performer: m.dice.some(2, () => m.reference('Practitioner', 'Organization')),
      ...m.dice.pick([{ effectiveDateTime: m.time() }, { effectivePeriod: m.period() }, {}]),
      ...m.dice.pick([
        { valueQuantity: m.quantity() },
        { valueCodeableConcept: m.concept() },
        { valueString: m.dice.pick(['阳性', 'a,b', 'Ähnlich']) },
        { valueDateTime: m.time() },
        { dataAbsentReason: m.concept() },
      ]),
      component: m.dice.some(3, () => ({
        code: m.concept(),
        ...m.dice.pick([{ valueQuantity: m.quantity() }, { valueCodeableConcept: m.concept() }]),
      })),
      hasMember: m.dice.some(1, () => m.reference('Observation')),
    }),

  RiskAssessment: (m) => ({
    status: 'final',
    subject: m.subject(),
    ...m.dice.maybe(0.5, () => ({ condition: m.reference('Condition') })),
    prediction: m.dice.some(2, () =>
      m.dice.pick<object>([
        { probabilityDecimal: Number((m.dice.int(0, 1000) / 1000).toFixed(m.dice.int(1, 3))), qualitativeRisk: m.concept() },
        { probabilityRange: { low: { value: m.dice.int(0, 40), unit: '%' }, high: { value: m.dice.int(41, 90), unit: '%' } } },
      ]),
    ),
  }),
  ValueSet: (m) => ({
    status: m.dice.pick(['active', 'draft']),
    url: m.dice.pick([
      'http://x.example/ValueSet/a',
      'http://x.example/ValueSet/ab',
      'http://x.example/ValueSet/a/b',
      'http://x.example/ValueSet/A',
      'urn:oid:1.2',
    ]),
    ...m.dice.maybe(0.5, () => ({ version: m.dice.pick(['1', '1.0']) })),
    name: m.dice.pick(['Abc', 'abcd']),
    title: m.dice.pick(['建国', 'a$b']),
    date: m.time(),
    useContext: m.dice.some(2, () => ({
      code: m.coding(),
      ...m.dice.pick([{ valueCodeableConcept: m.concept() }, { valueQuantity: m.quantity() }]),
    })),
  }),
}

interface Coded {
  code?: { coding?: object[] }
}

/** obs-7: an Observation with a component of its own code has no value. */
function withoutOwnCode(observation: Coded & { component?: Coded[]; [name: string]: unknown }): object {
  const textsOf = ({ code }: Coded) => (code?.coding ?? []).map((coding) => JSON.stringify(coding))
  const own = new Set(textsOf(observation))
  const isOwn = (observation.component ?? []).some((one) => textsOf(one).some((text) => own.has(text)))
  return isOwn ? Object.fromEntries(Object.entries(observation).filter(([name]) => !name.startsWith('value'))) : observation
}
