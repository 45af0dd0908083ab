/** No text that leaves has a placeholder in it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
})
afterAll(() => server.stop())

test('a MIIS sender whose JSON is nested too deep is told the bound', async () => {
  const answer = await server.call('POST', '/ingest/miis', {
    headers: { 'Content-Type': 'application/json' },
    body: '['.repeat(200) + ']'.repeat(200),
  })
  expect(answer.json).toMatchObject({ infcode: '-1', err_msg: 'message 1: JSON 嵌套超过 32 层' })
})

test('a MIIS sender is told the field of the envelope', async () => {
  const send = (body: string) => server.call('POST', '/ingest/miis', { headers: { 'Content-Type': 'application/json' }, body })
  const answer = await send('{"infno":"2203","msgid":"M","input":"x"}')
  expect(answer.json).toMatchObject({ infcode: '-1', err_msg: 'message 1: input: 医保报文的信封字段缺失或无效' })
})

test('a decimal that no double holds is refused at its element', async () => {
  const body = '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1e999999999}}'
  const answer = await server.call('POST', '/fhir/Observation', { headers: { 'Content-Type': 'application/fhir+json' }, body })
  expect(answer.status).toBe(400)
  expect(answer.json.issue).toEqual([expect.objectContaining({ severity: 'error', expression: ['Observation.value.value'] })])
})
