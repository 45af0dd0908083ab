/** The vocabulary of mappings: each method names fields of the row and says how they become a FHIR element. */
import type { FhirCoding } from '../../server/fhir/types.ts'
import type { MappedReference } from './elements.ts'
import { encounterClass } from './encounter-class.ts'
import { diagnosisKey, keys, referTo } from './keys.ts'
import { labResult } from './lab-result.ts'
import { departmentMention, encounterMention, institutionMention, localConcept, practitionerMention, requestMention } from './mention.ts'
import type { MapName } from './names.ts'
import { type Field, type RowView, Rule, type Run } from './rule.ts'
import { identifierType, type LocalCodeKind, localCodes, mapSourceSystem } from './systems.ts'
import type { KeyReference, MappedResource, PatientReference, ResourceKey } from './types.ts'
import { readDate, readDateTime } from './values/date.ts'
import { type Decimal, readDecimal } from './values/decimal.ts'
import { type Money, type MoneyUnit, readMoney } from './values/money.ts'
import { cleanText, isDamaged, plainText } from './values/text.ts'
import { readUnit, type UnitElements } from './values/unit.ts'

export interface MappedConcept {
  coding?: FhirCoding[]
  text?: string
}
export interface MappedQuantity extends UnitElements {
  value: Decimal
}
export interface MappedIdentifier {
  type?: MappedConcept
  system: string
  value: string
}

export interface CodedOptions {
  /** system of the original code: a URL, or made from the scope for codes that the hospital assigned */
  system?: string | ((scope: string, code: string) => string)
  /** edition of the original system: ICD-10 and ICD-9-CM-3 differ between clinical-2.0 and insurance-2.0 */
  version?: string
  /** field whose value is asked with the code first, as `code|value` (a unit that decides which item it is) */
  qualifier?: string
}

/** No interface has it: where a sender adds one, that is what it is called. */
const CURRENCY = 'currency'

/** An amount of a row, and what is wrong with it. @param options the field that says its currency */
export function moneyIn(
  run: Run,
  field: string,
  text: string | undefined,
  {
    unit = 'yuan',
    currency = CURRENCY,
    said = run.text(currency),
  }: { unit?: MoneyUnit; currency?: string; said?: string | undefined } = {},
): Money | undefined {
  if (text === undefined) return undefined
  const money = readMoney(text, unit, said)
  if (!money) run.flaw(field, 'mapping-number-invalid', 'error')
  else if (money.currency === undefined) run.flaw(currency, 'mapping-value-unknown', 'error')
  return money
}

export class From<Row> {
  /** Trimmed text, control characters marked (markControls); HTML is left alone. */
  text<T extends string = string>(field: Field<Row>): Rule<T> {
    return new Rule<T>([field], (run) => clean(run.text(field)) as T | undefined, true)
  }

  /** Long free text: markup and escapes are decoded to plain text. */
  prose(field: Field<Row>): Rule<string> {
    return new Rule([field], (run) => plainText(run.text(field) ?? '') || undefined, true)
  }

  /**
   * CodeableConcept: the translated coding first, the original kept behind it, the display as text. A code without a
   * target is put on the work list; a name without a code is text alone.
   */
  coded(map: MapName, field: Field<Row>, displayField?: Field<Row>, options: CodedOptions = {}): Rule<MappedConcept> {
    return new Rule([field], (run) => concept(run, map, run.text(field), displayField && run.text(displayField), options))
  }

  /** CodeableConcept of a code that is sent in its target system already (ICD-10, national tables): nothing to translate. */
  codeOf(system: string, field: Field<Row>, displayField?: Field<Row>, version?: string): Rule<MappedConcept> {
    return new Rule([field], (run) => {
      const code = clean(run.text(field))
      const text = clean(displayField && run.text(displayField))
      if (code === undefined || isDamaged(code)) return nameAlone(text ?? code)
      return { coding: [{ system, ...(version && { version }), code, ...(text && { display: text }) }], ...(text && { text }) }
    })
  }

  code(map: MapName, field: Field<Row>, displayField?: Field<Row>, options: CodedOptions = {}): Rule<MappedConcept> {
    return this.coded(map, field, displayField, options)
  }

  codedList(map: MapName, field: Field<Row>, displayField?: Field<Row>, options: CodedOptions = {}): Rule<MappedConcept[]> {
    return this.coded(map, field, displayField, options).as((one) => [one])
  }

  /** One Coding: the translated one, else the original (recorded as unmapped). */
  coding(map: MapName, field: Field<Row>, displayField?: Field<Row>, options: CodedOptions = {}): Rule<FhirCoding> {
    return this.coded(map, field, displayField, options).as((one) => one.coding?.[0])
  }

  /** Encounter.class, a required binding: a kind of visit without a target is UNK and stands on the work list. */
  encounterClass(map: MapName, field: Field<Row>): Rule<FhirCoding> {
    return new Rule([field], (run) => encounterClass(run, map, run.text(field)))
  }

  /** A code that the hospital made itself, with its name: nothing to translate. A name without a code is text alone. */
  localConcept(kind: LocalCodeKind, field: Field<Row>, displayField?: Field<Row>): Rule<MappedConcept> {
    return new Rule([field], (run) => {
      const code = clean(run.text(field))
      const name = clean(displayField && run.text(displayField))
      if (code === undefined || isDamaged(code)) return nameAlone(name ?? code)
      return localConcept(run.scope, kind, code, name)
    })
  }

  /** Reference to a diagnosis of the visit; its mapping takes `id: diagnosisKey(…)` of the same fields. */
  diagnosis(visitField: Field<Row>, codeField: Field<Row>, nameField: Field<Row>): Rule<MappedReference> {
    return this.referenceTo([codeField, nameField], diagnosisKey<Row>(visitField, codeField, nameField), nameField)
  }

  /** Plain code of a required binding: the target's code; without a target it is absent and recorded. */
  codedCode<T extends string = string>(map: MapName, field: Field<Row>): Rule<T> {
    return new Rule<T>(
      [field],
      (run) => {
        const code = run.text(field)
        if (code === undefined) return undefined
        const target = run.context.translate(map, code)
        if (!target) {
          run.unmapped({ map, system: mapSourceSystem(map), code })
          run.flaw(field, 'mapping-code-unmapped', 'warning')
        }
        return target?.code as T | undefined
      },
      true,
    )
  }

  /** A code by a small table of this mapping itself; for closed lists such as 1/2, F/C. */
  choice<T extends string>(field: Field<Row>, table: Readonly<Record<string, T>>): Rule<T> {
    return new Rule<T>(
      [field],
      (run) => {
        const sent = run.text(field)
        if (sent === undefined) return undefined
        const found = Object.hasOwn(table, sent) ? table[sent] : undefined
        if (found === undefined) run.flaw(field, 'mapping-value-unknown', 'warning')
        return found
      },
      true,
    )
  }

  dateTime(field: Field<Row>): Rule<string> {
    return new Rule([field], (run) => dated(run, field, (text) => readDateTime(text, run.context.timezone)), true)
  }

  /**
   * For elements of type instant, from the first of these fields that is filled. What is known to the day only is no instant: no hour is
   * invented, and the sender is told.
   */
  instant(...fields: readonly [Field<Row>, ...Field<Row>[]]): Rule<string> {
    return new Rule<string>(
      fields,
      (run) => {
        for (const field of fields) {
          const value = dated(run, field, (text) => readDateTime(text, run.context.timezone))
          if (value === undefined) continue
          if (value.includes('T')) return value
          run.flaw(field, 'mapping-instant-day', 'information')
          return undefined
        }
        return undefined
      },
      true,
    )
  }

  date(field: Field<Row>): Rule<string> {
    return new Rule([field], (run) => dated(run, field, readDate), true)
  }

  decimal(field: Field<Row>): Rule<Decimal> {
    return new Rule([field], (run) => numeric(run, field), true)
  }

  integer(field: Field<Row>): Rule<number> {
    return new Rule([field], (run) => whole(run, field), true)
  }

  quantity(valueField: Field<Row>, unitField?: Field<Row>, fixed?: UnitElements): Rule<MappedQuantity> {
    return new Rule([valueField], (run) => {
      const value = numeric(run, valueField)
      const unit = unitField ? readUnit(run.text(unitField)) : {}
      return value && { value, ...fixed, ...unit }
    })
  }

  /** @param currency the field that says it; where there is none, or it is empty, the amount is in yuan */
  money(field: Field<Row>, unit: MoneyUnit = 'yuan', currency: string = CURRENCY): Rule<Money> {
    return new Rule([field, currency], (run) => moneyIn(run, field, run.text(field), { unit, currency }))
  }

  boolean(field: Field<Row>): Rule<boolean> {
    return this.choice(field, { '1': 'true', '0': 'false', Y: 'true', N: 'false', 是: 'true', 否: 'false' }).as((text) => text === 'true')
  }

  /** Reference to the thing with this key; scope is the row's organisation. Absent unless every key part is there. */
  reference(type: string, ...keyParts: Field<Row>[]): Rule<KeyReference> {
    return new Rule(keyParts, (run) => {
      const parts = keyParts.map((field) => run.text(field))
      return parts.some((part) => part === undefined) ? undefined : { $key: { type, scope: run.scope, parts: parts as string[] } }
    })
  }

  /** Reference by a key that a function makes of the row (see keys.ts); undefined makes it absent. */
  referenceTo(
    fields: Field<Row> | readonly Field<Row>[],
    key: (row: RowView<Row>, run: Run) => ResourceKey | undefined,
    display?: Field<Row>,
  ): Rule<MappedReference> {
    return new Rule<MappedReference>(asList(fields), (run) => {
      const target = key(run.row as RowView<Row>, run)
      const name = display && run.text(display)
      return target ? referTo(target, name) : undefined
    })
  }

  patient(): Rule<PatientReference> {
    return new Rule([], () => ({ $patient: true }) as const)
  }

  /** Organisation behind an institution code of this field; without the field: the source's own organisation. */
  organization(field?: Field<Row>, displayField?: Field<Row>): Rule<KeyReference> {
    return new Rule(field ? [field] : [], (run) => {
      const code = field && run.text(field)
      if (field && code === undefined) return undefined
      const display = displayField && run.text(displayField)
      const scope = code === undefined ? run.scope : run.context.organization(code)
      const other = scope === run.scope ? undefined : institutionMention(run.context, scope, display)
      if (other) run.mention(other)
      return referTo(keys.organization(scope), display)
    })
  }

  /** Staff member by number and name, mentioned in the record; a name without a number is a display only (formats.md D45). */
  practitioner(numberField: Field<Row>, nameField: Field<Row>): Rule<MappedReference> {
    return new Rule<MappedReference>([numberField], (run) => {
      const number = run.text(numberField)
      const name = run.text(nameField)
      if (number === undefined) return name === undefined ? undefined : { display: name }
      return mentioned(run, practitionerMention(run.scope, number, name ?? ''), name)
    })
  }

  /** Department or ward of the row's organisation, mentioned in the record; by code, else by name (formats.md D44). */
  department(codeField: Field<Row> | undefined, nameField?: Field<Row>): Rule<MappedReference> {
    return new Rule<MappedReference>(codeField ? [codeField] : [], (run) => {
      const code = codeField && run.text(codeField)
      const name = nameField && run.text(nameField)
      if (code === undefined && name === undefined) return undefined
      return mentioned(run, departmentMention(run.scope, code, name), name)
    })
  }

  /** The visit with this number, mentioned in the record. */
  encounter(visitField: Field<Row>, encounterClass?: Rule<FhirCoding>): Rule<MappedReference> {
    return new Rule<MappedReference>([visitField], (run) => {
      const visitNo = run.text(visitField)
      return visitNo === undefined ? undefined : mentioned(run, encounterMention(run.scope, visitNo, encounterClass?.evaluate(run)))
    })
  }

  /** The request with this number, mentioned in the record with what was asked for. */
  request(numberField: Field<Row>, code?: Rule<MappedConcept>): Rule<MappedReference> {
    return new Rule<MappedReference>([numberField], (run) => {
      const number = run.text(numberField)
      return number === undefined ? undefined : mentioned(run, requestMention(run.scope, number, code?.evaluate(run)))
    })
  }

  identifier(system: string | ((scope: string) => string), field: Field<Row>, type?: string): Rule<MappedIdentifier> {
    return new Rule([field], (run) => {
      const value = clean(run.text(field))
      // A number of which a character is missing is another number; the run has flagged it.
      if (value === undefined || isDamaged(value)) return undefined
      const coding = type === undefined ? {} : { type: identifierType(type) }
      return { ...coding, system: typeof system === 'string' ? system : system(run.scope), value }
    })
  }

  /** value[x], interpretation, referenceRange and dataAbsentReason of one result: spread it into the rules. */
  labResult = labResult<Row>

  /** Anything that takes code of its own. Fields read from `row` are noted; the list names them in issues. */
  value<T>(fields: Field<Row> | readonly Field<Row>[], make: (row: RowView<Row>, run: Run) => T | undefined): Rule<T> {
    return new Rule(asList(fields), (run) => make(run.row as RowView<Row>, run))
  }

  const<const T>(value: T): Rule<T> {
    return new Rule([], () => value, typeof value !== 'object')
  }
}

function mentioned(run: Run, thing: MappedResource, display?: string): MappedReference {
  run.mention(thing)
  return referTo(thing.key as ResourceKey, display)
}

const clean = (text: string | undefined): string | undefined => (text === undefined ? undefined : cleanText(text) || undefined)
/** A code that is not there, or not readable as one, leaves the name. */
const nameAlone = (text: string | undefined): MappedConcept | undefined => (text === undefined ? undefined : { text })
const asList = (fields: string | readonly string[]): readonly string[] => (typeof fields === 'string' ? [fields] : fields)

function dated(run: Run, field: string, read: (text: string) => { value?: string; flaw?: string }): string | undefined {
  const text = run.text(field)
  if (text === undefined) return undefined
  const { value, flaw } = read(text)
  if (flaw) run.flaw(field, 'mapping-date-invalid')
  return value
}

function numeric(run: Run, field: string): Decimal | undefined {
  const text = run.text(field)
  if (text === undefined) return undefined
  const value = readDecimal(text)
  if (!value) run.flaw(field, 'mapping-number-invalid')
  return value
}

function whole(run: Run, field: string): number | undefined {
  const text = run.text(field)
  if (text === undefined) return undefined
  const value = /^-?\d{1,9}(\.0+)?$/.test(text) ? Number(text) : undefined
  if (value === undefined) run.flaw(field, 'mapping-number-invalid')
  return value
}

/** A diagnosis that a hospital names without a code: it stands on the work list by its name (formats.md D28), until somebody has coded it. */
export function diagnosisByName(run: Run, name: string): MappedConcept {
  const system = localCodes(run.scope, 'diagnosis')
  const target = run.context.translate('diagnosis', name, system)
  if (!target) run.unmapped({ map: 'diagnosis', system, code: name, display: name })
  return { ...(target && { coding: [target] }), text: name }
}

/** Exported for mappings that translate outside of a rule. */
export function concept(
  run: Run,
  map: MapName,
  code: string | undefined,
  display: string | undefined,
  options: CodedOptions = {},
): MappedConcept | undefined {
  const text = clean(display)
  if (code === undefined || isDamaged(code)) return nameAlone(text ?? code)
  const system = typeof options.system === 'function' ? options.system(run.scope, code) : (options.system ?? mapSourceSystem(map))
  const original = { system, ...(options.version && { version: options.version }), code, ...(text !== undefined && { display: text }) }
  const qualifier = options.qualifier && run.text(options.qualifier)
  const target = (qualifier && run.context.translate(map, `${code}|${qualifier}`)) || run.context.translate(map, code)
  if (!target) run.unmapped({ map, system, code, ...(text !== undefined && { display: text }) })
  const same = target && target.system === system && target.code === code
  const coding = target ? (same ? [{ ...original, ...target }] : [target, original]) : [original]
  return { coding, text: text ?? target?.display ?? code }
}
