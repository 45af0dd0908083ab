/** What the readers of a document's facts share: the document, running numbers for keys, and which section speaks of which resource. */
import type { RecordBuilder } from '../../engine/record.ts'
import { keys } from '../../engine/keys.ts'
import { type Mapping, runMapping } from '../../engine/mapping.ts'
import type { ResourceKey } from '../../engine/types.ts'
import type { DocumentKind } from './documents.ts'
import type { DocumentRow } from './document.ts'
import { homeOf, type Home } from './elements.ts'
import { flat, type Statement } from './statement.ts'
import { allSections, type CdaSection } from './sections.ts'

export interface FactRow {
  documentNo: string
  /** tells this fact from the others of the document */
  part: string
  visitNo?: string
  /** where the value stands */
  at: string
}

export class Facts {
  readonly record: RecordBuilder
  readonly document: DocumentRow
  readonly kind: DocumentKind
  readonly statedAt: string
  readonly sections: readonly CdaSection[]
  /** all statements of each section, and which of them stand in one entry */
  readonly #entries = new Map<CdaSection, Set<string>>()
  readonly #keys = new Map<CdaSection, ResourceKey[]>()
  readonly #counts = new Map<string, number>()
  readonly #taken = new Set<Statement>()

  constructor(record: RecordBuilder, document: DocumentRow, kind: DocumentKind, statedAt: string) {
    this.record = record
    this.document = document
    this.kind = kind
    this.statedAt = statedAt
    this.sections = allSections(document.sections)
  }

  get scope(): string {
    return this.record.context.source.organization
  }

  /** All that the document says, as a set that is taken back with it. */
  get all(): ResourceKey {
    return factsOf(this.document, this.scope, this.document.documentNo ?? '')
  }

  get zone(): string {
    return this.record.context.timezone
  }

  /** When what it says was so, where an entry has no time of its own: its author's time, else the document's. */
  get time(): string | undefined {
    return this.document.header.authors[0]?.time ?? this.document.effectiveTime
  }

  /** The part of a key for the next fact of this name; the same document counts the same every time. */
  part(name: string): string {
    const count = (this.#counts.get(name) ?? 0) + 1
    this.#counts.set(name, count)
    return `${name}.${count}`
  }

  row(name: string, at: string): FactRow {
    const { documentNo = '', visitNo } = this.document
    return { documentNo, part: this.part(name), at, ...(visitNo !== undefined && { visitNo }) }
  }

  /** Statements of these homes with the entry that they stand in, in order, without those that another reader took. */
  *of(...homes: readonly Home[]): Generator<{ section: CdaSection; entry: Statement; one: Statement }> {
    for (const section of this.sections) {
      for (const entry of section.statements) {
        for (const one of flat([entry])) {
          if (!this.#taken.has(one) && homes.includes(homeOf(one))) yield { section, entry, one }
        }
      }
    }
  }

  /** The first filled statement of a data element in the whole document. */
  find(element: string, words?: RegExp): Statement | undefined {
    for (const section of this.sections) {
      const found = flat(section.statements).find(
        (one) => one.element === element && one.text !== undefined && (words === undefined || words.test(one.words)),
      )
      if (found) return found
    }
    return undefined
  }

  /** No other reader makes anything of it. */
  take(...statements: readonly (Statement | undefined)[]): void {
    for (const one of statements) if (one) this.#taken.add(one)
  }

  isTaken(one: Statement): boolean {
    return this.#taken.has(one)
  }

  /** Maps a row; the section refers to what came of it. */
  run<Row extends object>(
    map: Mapping<Row>,
    row: Row,
    at: string,
    ...sections: readonly (CdaSection | undefined)[]
  ): ResourceKey | undefined {
    const { record, statedAt } = this
    const result = runMapping(map, row, record.context, { statedAt, at: () => at })
    const isOwn = result.mapped && isOfDocument(result.mapped.key, this.document.documentNo ?? '')
    if (result.mapped && (isOwn || TOLD_BY_SEVERAL.has(result.mapped.resource.resourceType))) {
      result.mapped.batches = [this.all]
      if (!isOwn) result.mapped.apart = this.all
    }
    record.keep(result)
    const key = result.mapped?.key
    if (key === undefined || key === 'patient') return undefined
    for (const section of sections) if (section) this.refer(section, key)
    return key
  }

  refer(section: CdaSection, key: ResourceKey): void {
    const known = this.#entries.get(section) ?? new Set<string>()
    this.#entries.set(section, known)
    const name = JSON.stringify(key)
    if (known.has(name)) return
    known.add(name)
    const keys = this.#keys.get(section)
    if (keys) keys.push(key)
    else this.#keys.set(section, [key])
  }

  /** What a section refers to, of the types that the document's profile lets stand there. */
  entries(section: CdaSection): readonly ResourceKey[] {
    const { entries = {} } = this.kind
    const allowed = section.code !== undefined && Object.hasOwn(entries, section.code) ? entries[section.code] : undefined
    const all = this.#keys.get(section) ?? []
    return allowed ? all.filter(({ type }) => allowed.includes(type)) : all
  }
}

/**
 * What other documents, messages and platforms tell of under the same number: once the document is replaced, its own word of it is taken back. What an
 * order became, others know better; the visit, the patient and his people are no part of any document.
 */
const TOLD_BY_SEVERAL: ReadonlySet<string> = new Set(['Condition', 'Procedure', 'DiagnosticReport', 'Observation'])

const isOfDocument = (key: ResourceKey | 'patient', documentNo: string): boolean =>
  key !== 'patient' && key.parts[0] === 'document' && key.parts[1] === documentNo

/** What a document of this visit, or of this patient where it names no visit, has under a number. */
export const factsOf = ({ header }: DocumentRow, scope: string, documentNo: string): ResourceKey =>
  keys.documentFacts(scope, documentNo, header.visitNo ?? header.patient.numbers[0]?.value ?? '')

const TIMES = ['@time', '@begin', '@end']

/** The time of a statement as sent: its own, else that of the entry that it stands in. */
export function timeOf(one: Statement, entry: Statement): string | undefined {
  for (const place of [one, entry]) {
    const found = TIMES.map((name) => place.parts.find((part) => part.element === name)).find((part) => part?.time !== undefined)
    if (found) return found.time
  }
  return undefined
}
