/** Every pair of small reports with every numbering of their lines, in both orders: the same results, and none fewer than either report tells apart. */
import { expect, test } from '@jest/globals'
import { hospitalHl7v2 } from '../../mappings/hospital/hl7v2/index.ts'
import type { MappingContext } from '../../mappings/engine/types.ts'
import { fold } from '../../server/ingest/fold/fold.ts'
import { keptText } from '../../server/ingest/fold/kept.ts'
import { joinStatements } from '../../server/ingest/fold/statement.ts'
import type { Statement } from '../../server/ingest/fold/types.ts'
import { underKnownKeys } from '../../server/ingest/numbered.ts'
import { prepare } from '../../server/ingest/prepare.ts'
import { wantedOf } from '../../server/ingest/record-writes.ts'
import type { PreparedRecord } from '../../server/ingest/types.ts'
import { sourceOf } from './support.ts'

/** Item and OBX-4 (`-`: none). */
type Line = readonly [item: string, number: string]

const ITEMS = ['GLU', 'LAC']
const NUMBERS = ['-', '1', '2', '3']
const ALL = ITEMS.flatMap((item) => NUMBERS.map((number): Line => [item, number]))
/** Two lines each, no number twice. */
const REPORTS = ALL.flatMap((first) => ALL.filter(([, number]) => number === '-' || number !== first[1]).map((second) => [first, second]))

const context: MappingContext = {
  source: { id: 'his', kind: 'hospital', organization: 'H1' },
  timezone: 'Asia/Shanghai',
  organization: () => 'H1',
  translate: () => undefined,
}

/** The value of a line is the hour of its report and its place there. */
async function prepared(hour: number, lines: readonly Line[]): Promise<PreparedRecord> {
  const text = [
    `MSH|^~\\&|LIS|0001|EAI|YILIAN|202603100${hour}0500||ORU^R01|R${hour}|P|2.4||||||UTF-8`,
    'PID|1||0001023456^^^0001^PI||王建国||19580312|M',
    `OBR|1|SQ1|BG1|PANEL^生化|||20260310000000|||||||||||||||202603100${hour}0000||CH|F`,
    ...lines.map(([item, number], at) => `OBX|${at + 1}|NM|${item}^${item}|${number === '-' ? '' : number}|${hour}${at}|mmol/L||N|||F`),
  ].join('\r')
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text)
  }
  for await (const decoded of hospitalHl7v2.decode(bytes(), { charset: 'auto' } as never)) {
    const mapped = decoded.ok && hospitalHl7v2.map(decoded.record, decoded.recordType, decoded.at, context)
    if (!mapped || 'reason' in mapped) throw new TypeError(text)
    const deps = { secret: Buffer.alloc(32, 7), organizations: [] }
    return prepare(deps, sourceOf('his', 'hospital', 'H1'), mapped, { receivedAt: '2026-03-11T00:00:00Z', generation: 0 })
  }
  throw new TypeError('no message')
}

/** What is left of records that arrive in this order, each result as its item and value. */
async function after(...records: readonly PreparedRecord[]): Promise<string[]> {
  const known = new Map<string, Statement>()
  const find = async ({ $or: [{ things }] }: { $or: [{ things: { $in: string[] } }] }) =>
    things.$in.flatMap((name) => {
      const said = known.get(name)
      return said ? [{ _id: name, rev: 1, things: [name], patients: [], statements: keptText([said]), digests: [''] }] : []
    })
  for (const record of records) {
    const wanted = wantedOf(record, { patient: 'P' } as never)
    for (const { type, id, statement } of (await underKnownKeys({ contributions: { find } as never }, [{ record, wanted }]))[0] ?? []) {
      const [name, before] = [`${type}/${id}`, known.get(`${type}/${id}`)]
      if (statement) known.set(name, before ? joinStatements(before, statement) : statement)
    }
  }
  return [...known]
    .flatMap(([name, statement]) => {
      if (!name.startsWith('Observation/')) return []
      const { code, valueQuantity } = JSON.parse(fold('Observation', name, [statement], (patient) => patient).text) as {
        code: { text: string }
        valueQuantity: { value: number }
      }
      return [`${code.text} ${valueQuantity.value}`]
    })
    .sort()
}

const countOf = (item: string, results: readonly string[]): number => results.filter((result) => result.startsWith(item)).length

test('of two reports it does not matter which comes first, and no result of either is lost', async () => {
  const [older, newer] = [
    await Promise.all(REPORTS.map((one) => prepared(1, one))),
    await Promise.all(REPORTS.map((one) => prepared(2, one))),
  ]
  for (const [at, first] of older.entries()) {
    for (const [then, second] of newer.entries()) {
      const [before, behind] = [REPORTS[at] ?? [], REPORTS[then] ?? []]
      const shown = JSON.stringify([before, behind])
      const results = await after(first, second)
      expect([shown, await after(second, first)]).toEqual([shown, results])
      for (const [place, [item]] of behind.entries())
        expect([shown, results]).toEqual([shown, expect.arrayContaining([`${item} 2${place}`])])
      for (const item of ITEMS)
        for (const report of [before, behind])
          expect(countOf(item, results)).toBeGreaterThanOrEqual(report.filter(([name]) => name === item).length)
    }
  }
  expect(older).toHaveLength(52)
})
