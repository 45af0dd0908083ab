/** A server with a drop folder in its configuration: a file that is put there is received as if its client had sent it, and on record. */
import { readFileSync } from 'node:fs'
import { copyFile, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { DEMO_CONFIG_FILE } from '../../server/config/config.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const SAMPLE = fileURLToPath(new URL('../fixtures/samples/rhip/20260310/TB_YL_PATIENT_INFORMATION.csv', import.meta.url))
let server: TestServer
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'yilian-drop-'))
  const drops = `\ndrops:\n  - { source: rhip, directory: ${directory}, ready: rename, pollSeconds: 1 }\n`
  server = await startTestServer({ config: readFileSync(DEMO_CONFIG_FILE, 'utf8') + drops })
})
afterAll(async () => {
  await server.stop()
  await rm(directory, { recursive: true })
})

test('uploaded under another name, renamed, taken, done', async () => {
  await copyFile(SAMPLE, join(directory, 'TB_YL_PATIENT_INFORMATION.csv.part'))
  await rename(join(directory, 'TB_YL_PATIENT_INFORMATION.csv.part'), join(directory, 'TB_YL_PATIENT_INFORMATION.csv'))
  const done = async () => (await readdir(join(directory, 'done')).catch(() => [])).sort()
  while ((await done()).length < 2) await delay(100)
  const [file = '', report = ''] = await done()
  const receipt = JSON.parse(await readFile(join(directory, 'done', report), 'utf8')) as { id: string; issue: { diagnostics: string }[] }
  expect(receipt.issue[0]?.diagnostics).toMatch(/^2 record\(s\): /)
  expect(file.startsWith(receipt.id.slice(0, 12))).toBe(true)
  // The sender's own receipt is the same.
  const ha = await server.token('ha')
  const answer = await server.call('GET', `/ingest/rhip/payloads/${receipt.id}`, { token: ha })
  expect(answer.json).toEqual(receipt)
  const found = await server.call('GET', '/fhir/Patient?_summary=count', { token: ha })
  expect(found.json.total).toBeGreaterThan(0)
  const { json } = await server.call('GET', '/ingest/rhip/payloads', { token: ha })
  expect(json.payloads).toMatchObject([{ fileName: 'TB_YL_PATIENT_INFORMATION.csv', records: 2 }])
})
