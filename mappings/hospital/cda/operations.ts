/**
 * Gathers what a document says of operations: procedures with all that stands in them, and what stands loose beside them. A name starts a new
 * one; what follows it belongs to it, what stands before the first belongs to that.
 */
import type { ResourceKey } from '../../engine/types.ts'
import { readDecimal } from '../../engine/values/decimal.ts'
import { homeOf } from './elements.ts'
import { flat, type Statement } from './statement.ts'
import type { Facts } from './facts.ts'
import { findingRow } from './findings.ts'
import { finding } from './observation.ts'
import { operation, type OperationRow } from './operation.ts'
import type { CdaSection } from './sections.ts'
import { table } from '../../engine/values/table.ts'

type Field =
  | 'name'
  | 'method'
  | 'code'
  | 'begin'
  | 'end'
  | 'level'
  | 'incision'
  | 'healing'
  | 'asa'
  | 'room'
  | 'anaesthesia'
  | 'site'
  | 'used'
  | 'reason'
  | 'complication'
  | 'note'

/** Which field of an operation an element fills; by its name where it stands for two. */
const FIELDS: Readonly<Record<string, Field | readonly [RegExp, Field, Field]>> = table({
  'DE06.00.094.00': 'name',
  'DE06.00.306.00': 'name',
  'DE06.00.302.00': 'method',
  'DE06.00.266.00': 'note',
  'DE06.00.093.00': [/编码/, 'code', 'site'],
  'DE06.00.251.00': [/处置/, 'name', 'note'],
  'DE06.00.187.00': 'site',
  '@site': 'site',
  '@method': 'note',
  '@text': 'note',
  'DE08.50.037.00': 'used',
  'DE08.50.040.00': 'used',
  'DE06.00.262.00': 'used',
  'DE06.00.221.00': 'begin',
  'DE06.00.218.00': 'end',
  '@begin': 'begin',
  '@time': 'begin',
  '@end': 'end',
  'DE06.00.255.00': 'level',
  'DE06.00.257.00': 'incision',
  'DE05.10.147.00': 'healing',
  'DE05.10.129.00': 'asa',
  'DE06.00.256.00': 'room',
  'DE06.00.073.00': 'anaesthesia',
  'DE06.00.340.00': 'reason',
  'DE06.00.305.00': 'reason',
  'DE06.00.227.00': 'reason',
  'DE05.10.151.00': 'reason',
  'DE06.00.107.00': 'reason',
  'DE06.00.265.00': 'complication',
  'DE05.10.063.00': 'note',
  'DE06.00.226.00': 'note',
  'DE06.00.321.00': 'note',
  'DE08.50.057.00': 'note',
  'DE06.00.250.00': 'note',
  'DE06.00.181.00': 'note',
  'DE01.00.023.00': 'note',
})

const PEOPLE = new Set(['@performer', '@participant', '@author'])
/** Sections whose procedures are no operations. */
const WORDS: Readonly<Record<string, string>> = table({ '56836-0': '输血', '59774-0': '麻醉', '10213-7': '麻醉' })
const OPERATION = '手术操作'
const TRANSFUSION = '输血'

interface Draft {
  row: OperationRow
  section: CdaSection
  /** of a transfusion: what was measured of it */
  measured: { entry: Statement; one: Statement }[]
}

export function operations(facts: Facts): ResourceKey[] {
  const gathering = new Gathering(facts)
  for (const section of facts.sections) for (const entry of section.statements) gathering.entry(section, entry)
  return gathering.finish()
}

class Gathering {
  readonly #facts: Facts
  readonly #drafts: Draft[] = []
  readonly #waiting: { section: CdaSection; one: Statement }[] = []
  #current: Draft | undefined
  #transfusion: Draft | undefined
  /** a transfusion of which loose words stood before its procedure */
  #loosened: Draft | undefined

  constructor(facts: Facts) {
    this.#facts = facts
  }

  entry(section: CdaSection, entry: Statement): void {
    for (const one of withoutProcedures([entry])) {
      if (one.element === '@procedure') this.#procedure(section, one)
      else if (homeOf(one) === 'transfusion') this.#transfused(section, entry, one)
      else if (homeOf(one) === 'operation' && one.text !== undefined) this.#loose(section, one)
    }
  }

  #procedure(section: CdaSection, procedure: Statement): void {
    const inner = flat(procedure.parts)
    const isTransfusion = section.code === '56836-0' || inner.some(({ element }) => element === 'DE06.00.266.00')
    const word = isTransfusion ? TRANSFUSION : (WORDS[section.code ?? ''] ?? this.#facts.kind.act?.word)
    const draft = (isTransfusion && this.#loosened) || this.#draft(section, procedure.at, word)
    if (isTransfusion) this.#loosened = undefined
    if (procedure.type === 'planned') draft.row.planned = 'yes'
    if (procedure.code !== undefined) draft.row.code = procedure.code
    if (procedure.system !== undefined) draft.row.system = procedure.system
    if (procedure.text !== undefined && procedure.text !== procedure.code) draft.row.display = procedure.text
    this.#within(draft, procedure, procedure)
    if (isTransfusion) this.#transfusion ??= draft
    else this.#become(draft)
  }

  /** Times are the procedure's own; people and data elements count at any depth. */
  #within(draft: Draft, procedure: Statement, parent: Statement): void {
    for (const one of parent.parts) {
      if (PEOPLE.has(one.element)) draft.row.people.push(asRole(one, parent))
      else if (one.element === '@name') draft.row.used.push(one)
      else if (isMeasured(one)) draft.measured.push({ entry: procedure, one })
      else if (parent === procedure || !one.element.startsWith('@')) apply(draft.row, one)
      if (homeOf(one) === 'operation' || homeOf(one) === 'transfusion' || one.element === '@drug') this.#facts.take(one)
      this.#within(draft, procedure, one)
    }
  }

  /** A transfusion without a procedure of its own: a product, or a volume above nothing, says that there was one. */
  #transfused(section: CdaSection, entry: Statement, one: Statement): void {
    const isDone =
      one.element === 'DE08.50.040.00' || one.element === 'DE06.00.262.00' || isVolume(one) || this.#facts.kind.act?.word === TRANSFUSION
    if (!this.#transfusion && (one.text === undefined || !isDone)) return
    if (!this.#transfusion) this.#loosened = this.#draft(section, one.at, TRANSFUSION)
    this.#transfusion ??= this.#loosened as Draft
    if (isMeasured(one)) this.#transfusion.measured.push({ entry, one })
    else if (one.text !== undefined) apply(this.#transfusion.row, one)
    this.#transfusion.row.people.push(...one.parts.filter(({ element }) => PEOPLE.has(element)))
    this.#facts.take(one)
  }

  #loose(section: CdaSection, one: Statement): void {
    this.#facts.take(one)
    const field = fieldOf(one)
    const current = this.#current
    const starts = field === 'name' && (current === undefined || current.row.name !== undefined || /抢救/.test(one.words))
    if (starts || (field === 'code' && current === undefined)) this.#become(this.#draft(section, one.at))
    if (!this.#current) return void this.#waiting.push({ section, one })
    this.#add(this.#current, section, one)
  }

  #add(draft: Draft, section: CdaSection, one: Statement): void {
    apply(draft.row, one)
    draft.row.people.push(...one.parts.filter(({ element }) => PEOPLE.has(element)).map((person) => asRole(person, one)))
    if (section === draft.section) return
    const known = this.#also.get(draft)
    if (known) known.push(section)
    else this.#also.set(draft, [section])
  }

  readonly #also = new Map<Draft, CdaSection[]>()

  #become(draft: Draft): void {
    this.#current = draft
    for (const { section, one } of this.#waiting.splice(0)) this.#add(draft, section, one)
  }

  #draft(section: CdaSection, at: string, word = this.#facts.kind.act?.word ?? OPERATION): Draft {
    const row: OperationRow = {
      ...this.#facts.row('operation', at),
      word,
      ...(this.#facts.kind.planned && { planned: 'yes' as const }),
      people: [],
      sites: [],
      used: [],
      reasons: [],
      complications: [],
      notes: [],
    }
    const draft = { row, section, measured: [] }
    this.#drafts.push(draft)
    return draft
  }

  finish(): ResourceKey[] {
    const { act } = this.#facts.kind
    const [first] = this.#waiting
    const section = first?.section ?? this.#facts.sections[0]
    const isMissing =
      this.#current === undefined && section !== undefined && (first !== undefined || (act !== undefined && act.word !== TRANSFUSION))
    if (isMissing) this.#become(this.#draft(section, first?.one.at ?? ''))
    if (this.#current && act) this.#timed(this.#current)
    return this.#drafts.flatMap((draft) => {
      const key = this.#facts.run(operation, draft.row, draft.row.at, draft.section, ...(this.#also.get(draft) ?? []))
      for (const { entry, one } of draft.measured) {
        if (one.text === undefined) continue
        const row = { ...findingRow(this.#facts, { entry, one }), category: 'procedure', ...(key && { partOf: key }) }
        this.#facts.run(finding, row, one.at, draft.section)
      }
      return key ? [key] : []
    })
  }

  /** Documents of one act say when it began and ended in elements of their own. */
  #timed({ row }: Draft): void {
    const { begin, end } = this.#facts.kind.act ?? {}
    const [began, ended] = [begin, end].map((element) => (element === undefined ? undefined : this.#facts.find(element)?.time))
    if (row.begin === undefined && began !== undefined) row.begin = began
    if (row.end === undefined && ended !== undefined) row.end = ended
  }
}

/** Whoever gave the anaesthesia stands at its method, without a role of his own. */
const asRole = (person: Statement, parent: Statement): Statement =>
  fieldOf(parent) === 'anaesthesia' ? { ...person, name: `麻醉 ${person.name}` } : person

/** All statements but those within a procedure, which are its own. */
function withoutProcedures(statements: readonly Statement[]): Statement[] {
  return statements.flatMap((one) => (one.element === '@procedure' ? [one] : [one, ...withoutProcedures(one.parts)]))
}

const MEASURED = new Set(['DE06.00.267.00', 'DE06.00.264.00', 'DE06.00.263.00', 'DE04.50.147.00', 'DE04.50.001.00', 'DE04.50.010.00'])
const isMeasured = (one: Statement): boolean => MEASURED.has(one.element)
const isVolume = (one: Statement): boolean => {
  const volume = one.element === 'DE06.00.267.00' && one.text !== undefined ? readDecimal(one.text) : undefined
  return volume !== undefined && !/^-?0*(?:\.0*)?$/.test(volume.text)
}

function fieldOf({ element, words }: Statement): Field | undefined {
  const field = FIELDS[element]
  if (field === undefined || typeof field === 'string') return field
  return field[0].test(words) ? field[1] : field[2]
}

function apply(row: OperationRow, one: Statement): void {
  const field = fieldOf(one)
  const { text } = one
  if (field === undefined || text === undefined) return
  if (field === 'code' && one.code !== undefined && text !== one.code) setOnce(row, 'display', text)
  const isSecondName = field === 'method' && (row.name ?? row.display) !== undefined
  if (field === 'anaesthesia') row.anaesthesia ??= one
  else if (field === 'site') row.sites.push(one)
  else if (field === 'used') row.used.push(one)
  else if (field === 'reason') row.reasons.push(text)
  else if (field === 'complication') row.complications.push(text)
  else if (field === 'note' || isSecondName) addNote(row, one)
  else if (field === 'begin' || field === 'end') setOnce(row, field, one.time ?? text)
  else if (field === 'code') setOnce(row, 'code', one.code ?? text)
  else setOnce(row, field === 'method' ? 'name' : field, text)
}

function setOnce(
  row: OperationRow,
  field: 'name' | 'display' | 'code' | 'begin' | 'end' | 'level' | 'incision' | 'healing' | 'asa' | 'room',
  text: string,
): void {
  row[field] ??= text
}

const addNote = (row: OperationRow, one: Statement): void => void row.notes.push(`${one.name}：${one.text}`)
