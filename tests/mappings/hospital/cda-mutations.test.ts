/**
 * Broken and strange CDA documents of all kinds: each is mapped or refused, references resolve, and whatever stands in it is in the record or is
 * named as unread.
 */
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { MappedRecord } from '../../../mappings/engine/types.ts'
import { hospitalCda } from '../../../mappings/hospital/cda/index.ts'
import { context, readAll } from '../support.ts'
import { documentWith, documentXml, TYPES } from './cda-documents.ts'
import { unresolved } from './rules.ts'

const hospital = context('hospital', 'H1')
const read = (xml: string) => readAll(hospitalCda, xml, { context: hospital })
const DOCUMENTS = TYPES.map(documentXml)
const anyDocument = fc.constantFrom(...DOCUMENTS)

test('whatever is cut out of a document or put into it, it is mapped or refused', async () => {
  const pieces = fc.constantFrom(
    '',
    '-',
    '<',
    '&',
    '"',
    '</',
    '<entry/>',
    '<value xsi:type="CD" code="1"/>',
    '<procedure/>',
    '王',
    '99991231',
    '\u0000',
    'code="',
    ' xsi:type="BL"',
  )
  await fc.assert(
    fc.asyncProperty(anyDocument, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(60), pieces, async (xml, share, cut, put) => {
      const at = Math.floor(share * (xml.length - 1))
      const { mapped, rejected } = await read(xml.slice(0, at) + put + xml.slice(at + cut))
      expect(mapped.length + rejected.length).toBe(1)
      for (const record of mapped) expect(unresolved(record)).toEqual([])
    }),
    { numRuns: 150 },
  )
})

/** Parts of a document in another order, or twice, or one within another. */
const SHUFFLES: readonly ((parts: string[], a: number, b: number) => string[])[] = [
  (parts, a, b) => parts.map((part, at) => (at === a ? (parts[b] as string) : at === b ? (parts[a] as string) : part)),
  (parts, a) => [...parts.slice(0, a), parts[a] as string, ...parts.slice(a)],
  (parts, a) => parts.filter((_, at) => at !== a),
  (parts, a, b) =>
    parts.map((part, at) =>
      at === a && a !== b ? part.replace('</entry>', `<entryRelationship>${parts[b]}</entryRelationship></entry>`) : part,
    ),
]

test('entries in another order, twice, missing or nested are mapped all the same', async () => {
  await fc.assert(
    fc.asyncProperty(anyDocument, fc.nat(), fc.nat(), fc.constantFrom(...SHUFFLES), async (xml, a, b, shuffle) => {
      const parts = xml.split(/(?=<entry>)/)
      const [head = '', ...entries] = parts
      const last = entries.pop() ?? ''
      if (entries.length === 0) return
      const changed = head + shuffle(entries, a % entries.length, b % entries.length).join('') + last
      const { mapped, rejected } = await read(changed)
      // Sections end between entries, so what is moved may break the document: then it is refused as a whole.
      expect(rejected.map(({ reason }) => reason.code).filter((code) => code !== 'payload-structure')).toEqual([])
      for (const record of mapped) expect(unresolved(record)).toEqual([])
    }),
    { numRuns: 100 },
  )
})

/** Everything that a reader of the record can see; the original bytes do not count. */
const visible = (record: MappedRecord): string =>
  JSON.stringify(record.resources.filter(({ resource }) => resource.resourceType !== 'Binary').map(({ resource }) => resource))

const MARK = '植入标记Q7'
/** A value at a place where no template has one. */
const PLANTS: readonly string[] = [
  `<observation><code code="DE99.99.999.00" displayName="新元素"/><value xsi:type="ST">${MARK}</value></observation>`,
  `<observation><code displayName="无编码"/><value xsi:type="ST">${MARK}</value></observation>`,
  `<observation><code code="DE05.01.024.00" displayName="诊断编码"/><value xsi:type="CD" code="Q7" displayName="${MARK}"/></observation>`,
  `<act><code code="x"/><text>${MARK}</text></act>`,
  `<strange>${MARK}</strange>`,
  `<strange value="${MARK}"/>`,
  `<supply><quantity unit="${MARK}"/></supply>`,
  `<performer><assignedEntity><assignedPerson><name>${MARK}</name></assignedPerson></assignedEntity></performer>`,
  `<substanceAdministration><consumable><manufacturedProduct><manufacturedMaterial><name>${MARK}</name></manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration>`,
]
const PLACES = ['</entry>', '</entryRelationship>', '</section>', '</procedure>', '</organizer>', '</recordTarget>', '</ClinicalDocument>']

test('a value at any place is in the record, or its place is named as unread', async () => {
  await fc.assert(
    fc.asyncProperty(anyDocument, fc.constantFrom(...PLANTS), fc.constantFrom(...PLACES), fc.nat(), async (xml, plant, place, which) => {
      const spots = [...xml.matchAll(new RegExp(place, 'g'))]
      if (spots.length === 0) return
      const at = (spots[which % spots.length] as RegExpExecArray).index
      const { mapped } = await read(xml.slice(0, at) + plant + xml.slice(at))
      expect(mapped).toHaveLength(1)
      const [record] = mapped as [MappedRecord]
      if (!visible(record).includes(MARK)) expect(record.unread.length).toBeGreaterThan(0)
    }),
    { numRuns: 250 },
  )
})

test('a document of very many equal entries comes to an end', async () => {
  const many = (count: number, one: string): string => one.repeat(count)
  const entry = (inner: string): string => `<entry>${inner}</entry>`
  const code = (element: string, name: string, value: string): string =>
    `<observation><code code="${element}" displayName="${name}"/>${value}</observation>`
  const cases: [type: string, section: string, entries: string][] = [
    [
      'C0032',
      '48768-6 PAYMENT SOURCES',
      many(4_000, entry(code('HDSD00.11.099', '西药费-抗菌药物费用', '<value xsi:type="MO" value="1.00"/>'))),
    ],
    [
      'C0007',
      '30954-2 STUDIES SUMMARY',
      many(
        4_000,
        entry(code('DE04.30.019.00', '检验项目代码', '<value xsi:type="ST">K</value>')) +
          entry(code('DE04.30.015.00', '检验定量结果', '<value xsi:type="REAL" value="1"/>')),
      ),
    ],
    [
      'C0034',
      '11450-4 Problem list',
      entry(many(4_000, `<a>${code('DE05.01.025.00', '初步诊断-西医诊断名称', '<value xsi:type="ST">甲</value>')}</a>`)),
    ],
    ['C0020', '8716-3 VITAL SIGNS', many(4_000, entry(code('DE04.10.174.00', '收缩压', '<value xsi:type="PQ" value="x" unit="mmHg"/>')))],
  ]
  for (const [type, section, entries] of cases) {
    const { mapped } = await read(documentWith(type, [[section, entries]]))
    expect(mapped).toHaveLength(1)
  }
}, 30_000)
