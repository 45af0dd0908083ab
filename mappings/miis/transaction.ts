/** What one transaction's mapping gets, and the table row that registers it. */
import type { MiisObject } from '../parsers/miis-json.ts'
import type { RecordBuilder } from '../engine/record.ts'
import type { MappingContext, Question, ResourceKey } from '../engine/types.ts'
import { instantOf, readDateTime } from '../engine/values/date.ts'
import { text } from './envelope.ts'
import { miisKeys } from './keys.ts'
import { identityOf, insuredPerson, type Person } from './patient.ts'
import { table } from '../engine/values/table.ts'

export interface TransactionInput {
  /** the request's envelope; in a response alone there is none */
  request?: MiisObject
  response?: MiisObject
  record: RecordBuilder
  context: MappingContext
  /** ISO instants */
  requestedAt: string
  respondedAt: string
}

export interface Transaction {
  infno: string
  /** a question, no fact: stored for nothing but the receipt */
  nothingToStore?: true
  /** field without which the request means nothing, when it is missing; for what stores nothing and so has no mapping to say it */
  check?(request: MiisObject): string | undefined
  /** what the request asks of what is stored */
  question?(request: MiisObject): Question | undefined
  /** requests of one person each, where one message speaks of several; the mapping sees them one by one */
  parts?(request: MiisObject): MiisObject[]
  /** `output` of the answer to a request that is good */
  reply?(receipt: { receiptId: string; receivedAt: string }): object
  /** lists that `fill` goes through in steps: they alone may have thousands of members */
  long?: readonly string[]
  /** in steps where a message may have thousands of lines: others have their turn between them */
  fill(input: TransactionInput): void | Iterable<void>
}

/** Fields of the envelope that mappings use beside those of the nodes. */
export interface Site {
  fixmedins_code?: string
  fixmedins_name?: string
  insuplc_admdvs?: string
  mdtrtarea_admvs?: string
  inf_time?: string
}

/** Facts of the envelope: every mapping may use them, none must. */
export const SITE = ['fixmedins_code', 'fixmedins_name', 'insuplc_admdvs', 'mdtrtarea_admvs', 'inf_time'] as const

/** A node's filled text fields with the envelope's behind them; where both name the institution, the node does. */
export function withSite<Row>(node: MiisObject, request: MiisObject | undefined): Row & Site {
  const row: Record<string, string> = {}
  for (const field of SITE) put(row, field, text(request, field))
  for (const field of Object.keys(node)) put(row, field, text(node, field))
  return row as Row & Site
}

function put(row: Record<string, string>, field: string, value: string | undefined): void {
  if (value !== undefined) row[field] = value
}

/**
 * Names fields of a node in the whole payload: `input.diseinfo[1].diag_code`; envelope fields keep their names. A field that
 * the node lacks and an outer node has is named there.
 */
export function naming(node: MiisObject, path: string, ...outer: [node: MiisObject, path: string][]): (field: string) => string {
  return (field) => {
    const [, where] = [[node, path] as const, ...outer].find(([one]) => Object.hasOwn(one, field)) ?? []
    if (where !== undefined) return `${where}.${field}`
    return (SITE as readonly string[]).includes(field) ? field : `${path}.${field}`
  }
}

/**
 * A node that spells fields of a known row in another way: the row under the row's names, and where each field stands.
 * @param names the row's name to the node's
 */
export function respelled<Row>(
  node: MiisObject,
  path: string,
  request: MiisObject | undefined,
  names: Readonly<Record<string, string>>,
): { row: Row & Site; at: (field: string) => string } {
  const row = withSite<Record<string, string>>(node, request)
  for (const [own, sent] of Object.entries(names)) {
    const value = row[sent]
    if (value === undefined || own in row) continue
    row[own] = value
    delete row[sent]
  }
  const named = naming(node, path)
  const at = (field: string): string => named(!Object.hasOwn(node, field) && Object.hasOwn(names, field) ? (names[field] ?? field) : field)
  return { row: row as Row & Site, at }
}

/**
 * The hospital's own number of the visit, of who has no number in the insurance: his visit's message gives it, and those that have
 * nothing else find him by it.
 */
function ownVisit({ request, context }: TransactionInput, person: Person, node: MiisObject): Pick<Person, 'own_visit'> {
  const number = text(node, 'mdtrt_sn') ?? text(node, 'fixmedins_mdtrt_id')
  if (person.psn_no !== undefined || number === undefined) return {}
  const institution = context.organization(text(node, 'fixmedins_code') ?? text(request, 'fixmedins_code'))
  return { own_visit: `${institution}|${number}` }
}

/** The person becomes the record's patient. Fields that the node has are noted as read under the node's own spelling. */
export function addPerson(input: TransactionInput, person: Person, node: MiisObject, path: string, statedAt: string): void {
  const { record, context } = input
  record.patient ??= identityOf({ ...person, ...ownVisit(input, person, node) }, context)
  // A voucher's number is no certificate: the field counts as read only where the person got its number from it.
  const spelling = (field: string): string =>
    (Object.hasOwn(person, field) ? SPELLINGS[field]?.find((name) => Object.hasOwn(node, name)) : undefined) ?? field
  record.run(insuredPerson, person, { statedAt, at: (field) => `${path}.${spelling(field)}` })
  record.noteRead(...['psn_no', 'mdtrt_id', 'mdtrt_sn', 'fixmedins_mdtrt_id', 'mdtrt_cert_type'].map((field) => `${path}.${field}`))
}

const SPELLINGS: Record<string, readonly string[]> = table({
  psn_no: ['psn_no', 'hi_no'],
  cert_type: ['psn_cert_type', 'patn_cert_type', 'mdtrt_cert_type'],
  certno: ['certno', 'mdtrt_cert_no'],
  psn_name: ['psn_name', 'name'],
  coner_tel: ['coner_tel', 'tel'],
  coner_addr: ['coner_addr', 'addr'],
  patn_rlts: ['patn_rlts', 'coner_rlts_code'],
})

/**
 * The number of the visit, where only the answer gives it (2201, 2401): a request alone tells of the person and his scheme, and
 * that the number is missing is said on the receipt.
 */
export function requireVisit({ record }: TransactionInput, mdtrtId: string | undefined, at: string): string | undefined {
  if (mdtrtId === undefined) record.issue({ severity: 'error', code: 'mapping-required', at })
  return mdtrtId
}

/** Whose a settlement is, by the number that the insurance knows him by. */
export function insuredIn({ context }: Pick<TransactionInput, 'context'>, node: MiisObject): ResourceKey | undefined {
  const number = text(node, 'psn_no')
  return number === undefined ? undefined : miisKeys.insured(context, number)
}

/** The message as 2601 names it; undefined: an answer alone, or of nobody, which cannot be named. */
export function messageOf({ request, context }: TransactionInput, psnNo: string | undefined): ResourceKey | undefined {
  const [institution, msgid] = [text(request, 'fixmedins_code'), text(request, 'msgid')]
  if (institution === undefined || msgid === undefined || psnNo === undefined) return undefined
  return miisKeys.message(context, institution, msgid, psnNo)
}

/** Instant of a time in the envelope (`inf_time`, `respond_time`); undefined when it is none. */
export function envelopeInstant(time: string | undefined, context: MappingContext): string | undefined {
  const value = time === undefined ? undefined : readDateTime(time, context.timezone).value
  return value === undefined ? undefined : instantOf(value, context.timezone)
}
