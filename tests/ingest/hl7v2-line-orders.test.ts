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

const linesOf = (items: readonly string[], numbers: readonly string[]): Line[] =>
  items.flatMap((item) => numbers.map((number): Line => [item, number]))
/** Two lines each, no number twice. */
const reportsOf = (all: readonly Line[]): Line[][] =>
  all.flatMap((first) => all.filter(([, number]) => number === '-' || number !== first[1]).map((second) => [first, second]))
/** The same with the lines in their order. */
const inOrder = (reports: readonly Line[][]): Line[][] =>
  reports.filter(([first = [], second = []]) => (first[1] ?? '') <= (second[1] ?? ''))

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

test.each([
  [52, reportsOf(linesOf(['GLU', 'LAC'], ['-', '1', '2', '3']))],
  [54, inOrder(reportsOf(linesOf(['GLU', 'K', 'LAC'], ['1', '2', '3', '4'])))],
])('of each two of %d reports it does not matter which comes first, and no result of either is lost', async (count, reports) => {
  expect(reports).toHaveLength(count)
  const [older, newer] = [
    await Promise.all(reports.map((one) => prepared(1, one))),
    await Promise.all(reports.map((one) => prepared(2, one))),
  ]
  const wrong: unknown[] = []
  for (const [at, first] of older.entries()) {
    for (const [then, second] of newer.entries()) {
      const [before = [], behind = []] = [reports[at], reports[then]]
      const results = await after(first, second)
      const isLost =
        behind.some(([item], place) => !results.includes(`${item} 2${place}`)) ||
        [before, behind].some((report) => report.some(([item]) => countOf(item, results) < report.filter(([name]) => name === item).length))
      if (isLost || (await after(second, first)).join() !== results.join()) wrong.push([before, behind])
    }
  }
  expect(wrong).toEqual([])
})
