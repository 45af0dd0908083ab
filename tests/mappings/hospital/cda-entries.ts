/** What tests of single CDA documents share: reading one, and the parts of which entries are made. */
import { expect } from '@jest/globals'
import type { MappedRecord } from '../../../mappings/engine/types.ts'
import { hospitalCda } from '../../../mappings/hospital/cda/index.ts'
import { brokenRules, context, ofType, plain, readAll } from '../support.ts'
import { documentWith } from './cda-documents.ts'
import { unresolved } from './rules.ts'

const hospital = context('hospital', 'H1')

export const DATA_ELEMENTS = 'urn:oid:2.16.156.10011.2.2.1'
export const KEY = (type: string, ...parts: string[]) => ({ $key: { type, scope: 'H1', parts } })
export const VISIT = 'ZY20260305001'

export type Sections = Parameters<typeof documentWith>[1]

export async function readXml(xml: string): Promise<MappedRecord> {
  const { mapped, rejected } = await readAll(hospitalCda, xml, { context: hospital })
  expect(rejected).toEqual([])
  const record = mapped[0] as MappedRecord
  expect([brokenRules(record), unresolved(record)]).toEqual([[], []])
  return record
}
export const read = (type: string, sections: Sections, change: (xml: string) => string = (xml) => xml): Promise<MappedRecord> =>
  readXml(change(documentWith(type, sections)))

export const all = (record: MappedRecord, type: string) =>
  ofType(record, type)
    .filter(({ placeholder }) => !placeholder)
    .map((each) => plain(each))
export const issues = (record: MappedRecord) => record.issues.map(({ severity, code }) => [severity, code])

/** An observation of a data element. */
export const said = (element: string, name: string, value: string, inner = ''): string =>
  `<observation classCode="OBS" moodCode="EVN"><code code="${element}" displayName="${name}"/>${value}${inner}</observation>`
export const st = (text: string): string => `<value xsi:type="ST">${text}</value>`
export const pq = (value: string, unit: string): string => `<value xsi:type="PQ" value="${value}" unit="${unit}"/>`
export const cd = (code: string, display: string, table = '2.99'): string =>
  `<value xsi:type="CD" code="${code}" displayName="${display}" codeSystem="2.16.156.10011.2.3.${table}"/>`
export const bl = (value: string): string => `<value xsi:type="BL" value="${value}"/>`
export const ts = (value: string): string => `<value xsi:type="TS" value="${value}"/>`
export const within = (inner: string): string => `<entryRelationship typeCode="COMP">${inner}</entryRelationship>`
export const entry = (...inner: string[]): string => inner.map((one) => `<entry>${one}</entry>`).join('')
export const cluster = (...inner: string[]): string =>
  `<organizer classCode="CLUSTER">${inner.map((one) => `<component>${one}</component>`).join('')}</organizer>`
