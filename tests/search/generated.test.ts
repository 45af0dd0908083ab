/** A share of `npm run check:searches`: generated searches over HTTP equal a naive evaluator over FHIRPath. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'
import { consentedRound, openRound } from './fhirpath/rounds.ts'

const SEED = 20261127

describe.each([
  ['without access control', true],
  ['under random consents', false],
])('%s', (_name, noAuth) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer({ noAuth })
  })
  afterAll(() => server.stop())

  test('searches find what the naive evaluator finds', async () => {
    const count = noAuth ? 300 : 180
    const { problems, searches, nonEmpty } = noAuth ? await openRound(server, SEED, count) : await consentedRound(server, SEED, count, 1)
    expect(problems).toEqual([])
    expect(searches).toBe(count)
    // Values meet often enough for the comparison to mean something.
    expect(nonEmpty).toBeGreaterThan(count / 4)
  }, 120_000)
})
