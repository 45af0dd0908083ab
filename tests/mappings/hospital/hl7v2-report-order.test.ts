/** Messages about one report time (OBR-22): ordered by when they were sent, then by the standing of the report. */
import { expect, test } from '@jest/globals'
import { hospitalHl7v2 } from '../../../mappings/hospital/hl7v2/index.ts'
import { context, ofType, readAll } from '../support.ts'

const hospital = context('hospital', 'H1')

async function ordersOf(sentAt: string, standing: string): Promise<string[]> {
  const message = [
    `MSH|^~\\&|LIS|0001|EAI|Y|${sentAt}||ORU^R01|M1|P|2.4||||||UNICODE UTF-8`,
    'PID|1||0001^^^0001^PI||王建国||19580312|M',
    `OBR|1|SQ1|BG1|XCG^血常规|||20260306063000|||||||20260306065500||||||||20260306081500||HM|${standing}`,
    `OBX|1|NM|WBC^白细胞||5.0|10^9/L|||||${standing}`,
  ]
  const { mapped } = await readAll(hospitalHl7v2, message.join('\r'), { context: hospital })
  const [record] = mapped
  if (!record) throw new Error('nothing was mapped')
  return [...ofType(record, 'DiagnosticReport'), ...ofType(record, 'Observation')].map(({ order }) => order ?? '')
}

test('a later one goes before, and of one moment a correction before what it corrects; all of a message alike', async () => {
  const ranked = [
    ['20260306080000', 'F'],
    ['20260306083000', 'P'],
    ['20260306083000', 'F'],
    ['20260306083000', 'C'],
  ] as const
  const found = await Promise.all(ranked.map(([sentAt, standing]) => ordersOf(sentAt, standing)))
  for (const one of found) expect([one.length, new Set(one).size]).toEqual([2, 1])
  const firsts = found.map(([first]) => first ?? '')
  expect([...firsts].sort()).toEqual(firsts)
  expect(new Set(firsts).size).toBe(4)
})
