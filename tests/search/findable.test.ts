/** A share of `npm run check:findable`: official examples are read back the same and found by whatever FHIRPath yields. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'
import { exampleFiles, LARGE } from '../validation/official-examples.ts'
import { checkExample, noFindings } from './findable.ts'

const EVERY = 199
/** By the place, and those that are not stored as they are. */
const ALWAYS: ReadonlySet<string> = new Set(['Location-1.json', 'Subscription-example.json', 'Subscription-example-error.json'])

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
})
afterAll(() => server.stop())

test(`one in ${EVERY} of the official examples`, async () => {
  const findings = noFindings()
  const files = exampleFiles().filter((file, at) => ALWAYS.has(file) || (at % EVERY === 0 && !LARGE.test(file)))
  for (const file of files) await checkExample(server, file, findings)
  expect(findings.failures).toEqual([])
  expect(findings.found).toBe(findings.tried)
  expect(findings.sameXml).toBe(findings.stored)
  expect(findings.tried).toBeGreaterThan(250)
})
