import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type TestDatabase, testDatabase } from '../support/mongo.ts'
import { createChecker } from './races/checker.ts'
import { createDenials } from './races/denials.ts'
import { runRaces } from './races/run.ts'

const bundle = (...resources: object[]): string =>
  JSON.stringify({ resourceType: 'Bundle', type: 'searchset', entry: resources.map((resource) => ({ resource })) })

const marked = (person: string) => ({
  resourceType: 'Observation',
  subject: { reference: 'Patient/abc' },
  valueQuantity: { value: Number(`7${person}`) },
})

describe('the checker of withdrawal races', () => {
  const taken = () => {
    const denials = createDenials()
    denials.taken(17, 'researcher', 1000)
    return { denials, checker: createChecker(denials) }
  }
  const answer = (text: string, start: number, end = start + 5) => ({ audience: 'researcher' as const, what: 'search', text, start, end })

  test('finds a planted leak: by value, by code, and by the pseudonym that it has learnt', () => {
    const { checker } = taken()
    checker.look(answer(bundle(marked('000017')), 1001))
    checker.look(answer(bundle({ resourceType: 'Condition', code: { coding: [{ code: 'RACE-000017' }] } }), 1001))
    checker.look(answer(bundle({ resourceType: 'Patient', id: 'abc' }), 1001))
    checker.look(answer(JSON.stringify(marked('000017')), 1001))
    expect(checker.tally.leaks.map(({ type }) => type)).toEqual(['Observation', 'Condition', 'Patient', 'Observation'])
    expect(checker.tally).toMatchObject({ responses: 4, rows: 4 })
  })

  test('leaves alone what began before the acknowledgement, what is another person, and another audience', () => {
    const { checker } = taken()
    checker.look(answer(bundle(marked('000017')), 999))
    checker.look(answer(bundle(marked('000018')), 1001))
    checker.look({ ...answer(bundle(marked('000017')), 1001), audience: 'insurer' })
    expect(checker.tally.leaks).toEqual([])
  })

  test('a grant that is sent frees what ends after it, and nothing that ended before', () => {
    const { denials, checker } = taken()
    denials.granting(17, 'researcher', 2000)
    checker.look(answer(bundle(marked('000017')), 1995, 2001))
    expect(checker.tally.leaks).toEqual([])
    checker.look(answer(bundle(marked('000017')), 1990, 1999))
    expect(checker.tally.leaks).toHaveLength(1)
  })
})

describe('withdrawal races', () => {
  let database: TestDatabase
  let dataDir: string
  beforeAll(async () => {
    database = await testDatabase()
    dataDir = await mkdtemp(join(tmpdir(), 'yilian-races-'))
  })
  afterAll(async () => {
    await database.drop()
    await rm(dataDir, { recursive: true, force: true })
  })

  test('nothing that was taken away is seen from another process after the acknowledgement', async () => {
    const report = await runRaces({
      mongodbUri: database.uri,
      database: database.database,
      dataDir,
      seed: 20261124,
      persons: 8,
      takeAways: 7,
      flippers: 2,
      afterMs: 500,
      say: () => undefined,
    })
    expect(report).toMatchObject({ leaks: [], countLeaks: 0, failures: [], unexpected: {}, grantsUnseen: [] })
    expect(Object.values(report.takeAways).reduce((a, b) => a + b)).toBe(7)
    expect(report.rows).toBeGreaterThan(10)
  })
})
