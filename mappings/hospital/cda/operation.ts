/** Operations, anaesthesia, transfusions, deliveries and rescues of a document to cn-procedure. */
import type { Procedure } from '@medplum/fhirtypes'
import { codeSystem, structureDefinition } from '../../../server/fhir/canonical.ts'
import type { MappedReference } from '../../engine/elements.ts'
import { keys, referTo } from '../../engine/keys.ts'
import { type Mapping, mapping } from '../../engine/mapping.ts'
import { practitionerMention } from '../../engine/mention.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import { CLINICAL_EDITION, localCodes, TABLES } from '../../engine/systems.ts'
import type { ResourceKey } from '../../engine/types.ts'
import { instantOf, readDate, readDateTime } from '../../engine/values/date.ts'
import { toHalfWidth } from '../../engine/values/text.ts'
import type { Statement } from './statement.ts'
import type { FactRow } from './facts.ts'
import { valueConcept } from './value.ts'
import { table } from '../../engine/values/table.ts'

export interface OperationRow extends FactRow {
  name?: string
  code?: string
  /** of the code */
  display?: string
  system?: string
  /** what it is where the document does not name it: 输血 */
  word: string
  planned?: 'yes'
  begin?: string
  end?: string
  level?: string
  incision?: string
  healing?: string
  asa?: string
  room?: string
  anaesthesia?: Statement
  people: Statement[]
  sites: Statement[]
  used: Statement[]
  reasons: string[]
  complications: string[]
  notes: string[]
}

const ICD9_SHAPE = /^\d{2}\.\d/
const LEVELS: Readonly<Record<string, string>> = table({ '1': '1', '2': '2', '3': '3', '4': '4', 一: '1', 二: '2', 三: '3', 四: '4' })
const HEALED: Readonly<Record<string, string>> = table({ 甲: '1', 乙: '2', 丙: '3', '1': '1', '2': '2', '3': '3', '9': '9' })
const ASA: Readonly<Record<string, string>> = table({ '1': 'I', '2': 'II', '3': 'III', '4': 'IV', '5': 'V', '6': 'VI' })

const roman = (text: string): string =>
  toHalfWidth(text).replace(/Ⅰ/g, 'I').replace(/Ⅱ/g, 'II').replace(/Ⅲ/g, 'III').replace(/Ⅳ/g, 'IV').replace(/Ⅴ/g, 'V')

/** One sign of a closed list in what was sent; anything else is flagged and left out. */
function sign<T extends string>(run: Run, field: string, read: (text: string) => string | undefined): T | undefined {
  const sent = run.text(field)
  const found = sent === undefined ? undefined : read(roman(sent))
  if (sent !== undefined && found === undefined) run.flaw(field, 'mapping-value-unknown')
  return found as T | undefined
}

type IncisionClass = '0' | 'I' | 'II' | 'III'
type AsaClass = 'I' | 'II' | 'III' | 'IV' | 'V' | 'VI'

const ROLES: readonly (readonly [RegExp, string, string])[] = [
  [/^I助|一助|第一助手|1助/, 'assistant1', 'Ⅰ助'],
  [/^II助|二助|第二助手|2助/, 'assistant2', 'Ⅱ助'],
  [/麻醉/, 'anaesthetist', '麻醉医师'],
  [/器械/, 'scrub-nurse', '器械护士'],
  [/巡/, 'circulating-nurse', '巡回护士'],
]
const ROLE_SYSTEM = codeSystem('cn-procedure-role')
const ONCE = new Set(['surgeon', 'assistant1', 'assistant2'])

/** By what the document calls them; whoever performs it without a role is the surgeon. */
function performers(row: RowView<OperationRow>, run: Run) {
  const seen = new Set<string>()
  const found = [...row.people].flatMap((one) => {
    const known = ROLES.find(([words]) => words.test(roman(one.name)))
    const role = known
      ? { code: known[1], display: known[2] }
      : one.element === '@performer'
        ? { code: 'surgeon', display: '术者' }
        : undefined
    const isAgain = role !== undefined && ONCE.has(role.code) && seen.has(role.code)
    if (role) seen.add(role.code)
    const function_ = role && !isAgain ? { coding: [{ system: ROLE_SYSTEM, ...role }] } : { text: one.name }
    const actor = actorOf(one, run)
    return actor ? [{ function: function_, actor }] : []
  })
  return found.length > 0 ? found : undefined
}

export function actorOf(one: Statement, run: Run): MappedReference | undefined {
  if (one.code === undefined) return one.text === undefined ? undefined : { display: one.text }
  const thing = practitionerMention(run.scope, one.code, one.text ?? '')
  run.mention(thing)
  return referTo(thing.key as ResourceKey, one.text)
}

const ANAESTHESIA_OID = '2.16.156.10011.2.3.1.159'

function codeOf({ code, system, name, word, display: said }: RowView<OperationRow>, run: Run) {
  const text = name ?? said ?? word ?? ''
  if (code === undefined) return { text }
  const shown = said ?? name
  const display = shown === undefined || shown === code ? {} : { display: shown }
  if (system === ANAESTHESIA_OID) return { coding: [{ system: `urn:oid:${ANAESTHESIA_OID}`, code, ...display }], text }
  if (ICD9_SHAPE.test(code)) return { coding: [{ system: TABLES.icd9cm3, version: CLINICAL_EDITION, code, ...display }], text }
  return { coding: [{ system: localCodes(run.scope, 'procedure'), code, ...display }], text }
}

const texts = (list: readonly string[] | undefined): { text: string }[] | undefined =>
  list && list.length > 0 ? [...new Set(list)].map((text) => ({ text })) : undefined

function concepts(list: readonly Statement[] | undefined) {
  const found = (list ?? []).flatMap(({ element, code, system, text }) => valueConcept({ element, code, system, value: text }) ?? [])
  return found.length > 0 ? found : undefined
}

/** What was done on a day has one key in all documents of a visit; what is only planned is the document's own. */
function operationKey(row: RowView<OperationRow>, run: Run): ResourceKey | undefined {
  const day = row.begin === undefined ? undefined : readDate(row.begin).value
  const isKnown = row.planned === undefined && row.visitNo !== undefined && row.code !== undefined && ICD9_SHAPE.test(row.code)
  if (isKnown && day !== undefined && day.length === 10) return keys.operation(run.scope, row.visitNo ?? '', row.code ?? '', day)
  return keys.documentFact('Procedure', run.scope, row.documentNo ?? '', row.part ?? '')
}

/** An end before the beginning is kept as sent and flagged (formats.md D7). */
function periodOf(run: Run): { start?: string; end?: string } | undefined {
  const [start, end] = ['begin', 'end'].map((field) => {
    const sent = run.text(field)
    const { value, flaw } = sent === undefined ? {} : readDateTime(sent, run.context.timezone)
    if (flaw) run.flaw(field, 'mapping-date-invalid')
    return value
  })
  if (start && end && instantOf(end, run.context.timezone) < instantOf(start, run.context.timezone)) run.flaw('end', 'mapping-date-order')
  return start || end ? { ...(start && { start }), ...(end && { end }) } : undefined
}

const extension = (name: string) => structureDefinition(name)

export const operationMapping = (source: string): Mapping<OperationRow> =>
  mapping<OperationRow, Procedure>({
    source,
    to: 'Procedure',
    profile: 'cn-procedure',
    id: operationKey,
    rules: (from) => ({
      extension: [
        {
          url: extension('cn-surgery-level'),
          valueCoding: {
            system: 'urn:oid:2.16.156.10011.2.3.1.258',
            code: from.value('level', (_row, run) => sign(run, 'level', (text) => LEVELS[text.replace(/^0|级.*$/g, '')])),
          },
        },
        {
          url: extension('cn-incision-class'),
          valueCode: from.value('incision', (_row, run) =>
            sign<IncisionClass>(run, 'incision', (text) => /^(0|I{1,3})(?:类|\/|$)/.exec(text)?.[1]),
          ),
        },
        {
          url: extension('cn-healing-grade'),
          valueCoding: {
            system: 'urn:oid:2.16.156.10011.2.3.1.257',
            code: from.value('healing', (_row, run) => sign(run, 'healing', (text) => HEALED[text.slice(-1)] ?? HEALED[text.slice(0, 1)])),
          },
        },
        {
          url: extension('cn-anaesthesia-method'),
          valueCodeableConcept: from.value('anaesthesia', ({ anaesthesia }) =>
            anaesthesia === undefined
              ? undefined
              : valueConcept({ element: 'DE06.00.073.00', code: anaesthesia.code, system: anaesthesia.system, value: anaesthesia.text }),
          ),
        },
        {
          url: extension('cn-asa-class'),
          valueCode: from.value('asa', (_row, run) =>
            sign<AsaClass>(run, 'asa', (text) => ASA[text.slice(0, 1)] ?? /^(VI|IV|V|I{1,3})(?:级|$)/.exec(text)?.[1]),
          ),
        },
      ],
      status: from.value<'preparation' | 'completed'>('planned', (row) => (row.planned === undefined ? 'completed' : 'preparation')),
      category: { text: from.value('word', (row) => row.word) },
      code: from.value(['code', 'name', 'word', 'display'], codeOf),
      subject: from.patient(),
      encounter: from.encounter('visitNo'),
      performedDateTime: from.dateTime('begin').when((run) => run.text('end') === undefined),
      performedPeriod: from.value('end', (row) => row.end).as((_end, run) => periodOf(run)),
      performer: from.value('people', performers as never),
      location: from.value('room', (row) => (row.room === undefined ? undefined : { display: row.room })),
      reasonCode: from.value('reasons', (row) => texts(row.reasons)),
      bodySite: from.value('sites', (row) => concepts(row.sites)),
      complication: from.value('complications', (row) => texts(row.complications)),
      usedCode: from.value('used', (row) => concepts(row.used)),
      note: from.value('notes', (row) => texts(row.notes)),
    }),
  })

export const operation = operationMapping('hospital/cda/procedure')
