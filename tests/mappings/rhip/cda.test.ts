/** CDA documents that a regional platform passes on: C0020, C0026 to C0030, C0034 and C0037 here, by the hospital that keeps each. */
import { expect, test } from '@jest/globals'
import { rhipCda } from '../../../mappings/rhip/cda/index.ts'
import { brokenRules, context, ofType, plain, readAll, sample } from '../support.ts'
import { invalid, unresolved } from '../hospital/rules.ts'

const platform = context('rhip', 'HA')
const text = (type: string): string => sample(`hospital/cda/${type}.xml`).toString('utf8')
const OWN = 'extension="12110000000000001N"'

test.each(['C0020', 'C0026', 'C0027', 'C0028', 'C0029', 'C0030', 'C0034', 'C0037'])('%s has the numbers of its hospital', async (type) => {
  const { mapped, rejected } = await readAll(rhipCda, text(type), { context: platform })
  expect(rejected).toEqual([])
  const [record] = mapped
  if (!record) throw new Error('no record')
  expect([brokenRules(record), unresolved(record), invalid(record)]).toEqual([[], [], []])
  const scopes = new Set(record.resources.flatMap(({ key }) => (key === 'patient' ? [] : [key.scope])))
  expect(scopes).toEqual(new Set(['H1']))
  expect(record.patient?.local).toEqual([
    { kind: 'PI', value: 'H1|BA000123', strong: true },
    { kind: 'IPNO', value: 'H1|ZY20260305001', strong: false },
    { kind: 'VISIT', value: 'H1|ZY20260305001', strong: false },
  ])
  expect(plain(ofType(record, 'Composition')[0]).custodian).toEqual({ $key: { type: 'Organization', scope: 'H1', parts: [] } })
  expect(plain(ofType(record, 'Composition')[0]).meta).toMatchObject({ source: 'https://fhir-cn.example/source/rhip/rhip-source' })
})

test('a hospital that nobody knows has a scope of its own; a document of no hospital is refused', async () => {
  const other = text('C0020').replace(OWN, 'extension="12110000000000009X"')
  const { mapped } = await readAll(rhipCda, other, { context: platform })
  expect(ofType(mapped[0], 'Composition')[0]?.key).toMatchObject({ scope: 'HA~12110000000000009X' })
  const { rejected } = await readAll(rhipCda, text('C0020').replace(OWN, 'extension="-"'), { context: platform })
  expect(rejected.map(({ reason }) => [reason.code, reason.at])).toEqual([['mapping-required', 'custodian']])
})

test('numbers of the whole country stay as they are', async () => {
  const card = text('C0020').replace('<patient classCode', '<id root="2.16.156.10011.1.19" extension="JKK001"/><patient classCode')
  const { mapped } = await readAll(rhipCda, card, { context: platform })
  expect(mapped[0]?.patient?.local).toContainEqual({ kind: 'HC', value: 'JKK001', strong: false })
})
