/** Coded values of the documents. Senders often name a wrong table (the table of blood groups on every code), so what is known goes first. */
import type { MappedConcept } from '../../engine/from.ts'
import { table } from '../../engine/values/table.ts'

const OID = 'urn:oid:2.16.156.10011.2.3.'

/** Tables that we know the codes of, by the elements that take them (profiles.md 1.3). */
const TABLE_OF: Readonly<Record<string, string>> = table({
  'DE02.01.040.00': `${OID}3.4`,
  'DE04.50.001.00': `${OID}1.85`,
  'DE04.50.010.00': `${OID}1.250`,
  'DE06.00.073.00': `${OID}1.159`,
  'DE06.00.211.00': `${OID}1.259`,
  'DE06.00.223.00': `${OID}1.265`,
  'DE06.00.255.00': `${OID}1.258`,
  'DE06.00.339.00': `${OID}1.270`,
  'DE05.10.147.00': `${OID}1.257`,
  'DE07.00.007.00': `${OID}1.269`,
  'DE08.50.011.00': `${OID}1.211`,
  'DE09.00.104.00': `${OID}1.253`,
})
const KNOWN = new Set(Object.values(TABLE_OF))

export interface CodedRow {
  readonly element?: string | undefined
  readonly code?: string | undefined
  readonly system?: string | undefined
  readonly value?: string | undefined
}

/** The system of a coded value: the element's own table, else the one that was sent, unless that is another element's. */
export function tableOf(element: string | undefined, sent: string | undefined): string | undefined {
  const own = element === undefined ? undefined : TABLE_OF[element]
  if (own !== undefined) return own
  if (sent === undefined || !/^[0-2](\.(0|[1-9]\d*))+$/.test(sent)) return undefined
  const system = `urn:oid:${sent}`
  return KNOWN.has(system) ? undefined : system
}

export function valueConcept({ element, code, system: sent, value }: CodedRow): MappedConcept | undefined {
  if (code === undefined) return value === undefined ? undefined : { text: value }
  const system = tableOf(element, sent)
  const display = value !== undefined && value !== code ? { display: value } : {}
  return { ...(system !== undefined && { coding: [{ system, code, ...display }] }), text: value ?? code }
}
