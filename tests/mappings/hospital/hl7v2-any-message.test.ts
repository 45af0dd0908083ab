/** Whatever stands in HL7 v2 of any type: nothing is thrown, and what comes of it keeps the rules of records. */
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { hospitalHl7v2 } from '../../../mappings/hospital/hl7v2/index.ts'
import { brokenRules, context, readAll } from '../support.ts'
import { unresolved } from './rules.ts'

const hospital = context('hospital', 'H1')
const readText = (text: string) => readAll(hospitalHl7v2, text, { context: hospital })

const MSH = (type: string) =>
  `MSH|^~\\&|LIS|0001|EAI|Y|20260306081530||${type}|M1|P|2.4||||||UNICODE UTF-8${type.startsWith('ADT') ? '\rEVN||20260306081530' : ''}`
const PID = 'PID|1||0001^^^0001^PI||王建国||19580312|M'

test('whatever a message says, it is mapped or rejected', async () => {
  const value = fc.oneof(
    fc.constantFrom('-', '""', '20260231', '24:00', '<0.01', '王', '1:0', '^^^', '~~', '&', 'H', 'D', '0'),
    fc.string({ maxLength: 6 }),
  )
  const field = fc.array(value, { maxLength: 3 }).map((parts) => parts.join('^'))
  const names = 'PID PV1 OBR OBX NTE DG1 AL1 NK1 ORC SPM SAC SCH TQ1 AIS AIP AIL AIG ZZZ'.split(' ')
  const types = ['ADT^A01', 'ORU^R01', 'ADT^A08', 'OUL^R21', 'OUL^R22', 'OUL^R24', 'OML^O33', 'SIU^S12', 'SIU^S20']
  const segment = fc
    .tuple(fc.constantFrom(...names), fc.array(field, { maxLength: 26 }))
    .map(([name, fields]) => [name, ...fields].join('|'))
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...types), fc.array(segment, { maxLength: 8 }), async (type, segments) => {
      const { mapped, rejected } = await readText([MSH(type), PID, ...segments].join('\r'))
      expect(mapped.length + rejected.length).toBeGreaterThan(0)
      for (const record of mapped)
        expect([unresolved(record), brokenRules(record).filter((rule) => !rule.includes('empty key part'))]).toEqual([[], []])
    }),
    { numRuns: 400 },
  )
})
