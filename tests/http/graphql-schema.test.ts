/** What the schema of $graphql is asked for: bounded before it is made, and answered in turns with others. */
import { setImmediate } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { execute, parse } from 'graphql'
// What is asked of the schema is paid for once this is there.
import '../../server/operations/graphql/cost.ts'
import { Pace } from '../../server/operations/graphql/pace.ts'
import { schemaOf } from '../../server/operations/graphql/schema.ts'
import { search } from '../search/ask.ts'

const schema = schemaOf(search)
const names = (count: number, field: string): string => Array.from({ length: count }, (_, n) => `n${n}: ${field}`).join(' ')

test('of the schema, list within list', async () => {
  // Its bound as it is takes seconds to be met: here it is a small one, of the same work.
  const within = `fields { type { ofType { ${names(20, 'fields { name }')} } } }`
  const document = parse(`{ __schema { types { ${names(20, within)} } } __type(name: "Patient") { name } }`)
  let [left, failure] = [20_000, undefined as Error | undefined]
  const payer = {
    pace: new Pace(),
    takesOfSchema(elements: number): boolean {
      left -= elements
      if (left < 0) failure ??= new Error('too much')
      return left >= 0
    },
    get failure() {
      return failure
    },
  }
  const { data, errors = [] } = await execute({ schema, document, contextValue: payer })
  expect([failure?.message, errors.length <= 3]).toEqual(['too much', true])
  expect(JSON.stringify(data).length).toBeLessThan(1_000_000)
})

test('the whole schema is answered in turns with others', async () => {
  const payer = { pace: new Pace(), takesOfSchema: () => true, failure: undefined }
  const document = parse(`{ __schema { types { name fields { name args { name } } } } }`)
  let [turns, isDone] = [0, false]
  const others = (async () => {
    for (; !isDone; turns++) await setImmediate()
  })()
  const started = performance.now()
  const { data: found } = await execute({ schema, document, contextValue: payer })
  const taken = performance.now() - started
  isDone = true
  await others
  // A turn is 50 ms; one of a list is much shorter.
  expect(turns).toBeGreaterThan(taken / 200)
  const { types } = (found as { __schema: { types: { name: string; fields: { name: string; args: { name: string }[] }[] | null }[] } })
    .__schema
  const list = types.find(({ name }) => name === 'Query')?.fields?.find(({ name }) => name === 'PatientList')
  expect(list?.args.map(({ name }) => name)).toEqual(expect.arrayContaining(['birthdate', '_count']))
}, 20_000)
