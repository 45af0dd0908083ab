/** One line of a mapping: where an element comes from. Evaluated per row; absent input gives an absent element. */
import type { MappedResource, MappingContext, UnmappedCode } from './types.ts'

/** Names of fields that can be read as text. */
export type Field<Row> = Extract<keyof Row, string>

/** What a rule may use while a row is mapped. */
export interface Run<Row = Record<string, unknown>> {
  readonly context: MappingContext
  /** organisation id that assigned the numbers in this row */
  readonly scope: string
  /** the row with every read noted; text fields that are not filled are undefined */
  readonly row: RowView<Row>
  /** text of a field, undefined when not filled */
  text(field: string): string | undefined
  flaw(field: string, code: string, severity?: 'error' | 'warning' | 'information'): void
  /** a required input is missing: the row makes no resource */
  refuse(field: string): void
  unmapped(code: UnmappedCode): void
  /** a placeholder for a thing that is referred to (mention.ts) */
  mention(thing: MappedResource): void
}

/** Text fields are undefined when not filled; what is no text (lists, objects) is passed through. */
export type RowView<Row> = {
  readonly [K in keyof Row]: Row[K] extends string | number | boolean | undefined | null ? string | undefined : Row[K]
}

/** Result of `.orAbsent`: the element exists and says why it has no value. */
export class AbsentElement {
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}

export type Evaluate<T> = (run: Run) => T | undefined

export class Rule<out T> {
  /** the fields that it reads; the first one is named when a required input is missing */
  readonly fields: readonly string[]
  readonly evaluate: Evaluate<T>
  /** primitive elements say in a sibling `_element` why they are absent */
  readonly primitive: boolean

  constructor(fields: readonly string[], evaluate: Evaluate<T>, primitive = false) {
    this.fields = fields
    this.evaluate = evaluate
    this.primitive = primitive
  }

  /** Absent: an issue with the field's own name, and the row makes no resource. */
  required(): Rule<T> {
    return this.#derived((run) => {
      const value = this.evaluate(run)
      if (value === undefined) run.refuse(this.fields[0] ?? 'id')
      return value
    })
  }

  /** Absent: the element carries data-absent-reason (http://terminology.hl7.org/CodeSystem/data-absent-reason). */
  orAbsent(reason: 'unknown' | 'not-asked' | 'masked' | 'unsupported' | 'not-performed' = 'unknown'): Rule<T> {
    return this.#derived((run) => this.evaluate(run) ?? (new AbsentElement(reason) as unknown as T))
  }

  /** The first of several sources that has a value. */
  or<U>(other: Rule<U>): Rule<T | U> {
    return new Rule<T | U>([...this.fields, ...other.fields], (run) => this.evaluate(run) ?? other.evaluate(run), this.primitive)
  }

  default<U>(value: U): Rule<T | U> {
    return new Rule<T | U>(this.fields, (run) => this.evaluate(run) ?? value, this.primitive)
  }

  /** The value changed by a pure function; undefined makes it absent. */
  as<U>(change: (value: T, run: Run) => U | undefined): Rule<U> {
    return new Rule<U>(
      this.fields,
      (run) => {
        const value = this.evaluate(run)
        return value === undefined ? undefined : change(value, run)
      },
      this.primitive,
    )
  }

  /** Only where the condition holds for the row. */
  when(condition: (run: Run) => boolean): Rule<T> {
    return this.#derived((run) => (condition(run) ? this.evaluate(run) : undefined))
  }

  #derived(evaluate: Evaluate<T>): Rule<T> {
    return new Rule<T>(this.fields, evaluate, this.primitive)
  }
}
