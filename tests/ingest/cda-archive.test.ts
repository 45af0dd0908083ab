/**
 * CDA documents in a ZIP archive, over HTTP and from a drop folder: each entry is a document of its own, one that is wrong is named and leaves the
 * others alone. What refuses an archive as a whole is refused for documents as for tables (zip.test.ts has every way).
 */
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { DEMO_CONFIG_FILE } from '../../server/config/config.ts'
import { type ZipFile, zipOf } from '../mappings/parsers/zip-files.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const sample = (name: string): string => readFileSync(new URL(`../fixtures/samples/hospital/${name}`, import.meta.url), 'utf8')
const entry = (name: string, content: string | Uint8Array): ZipFile => ({ name, content })

let server: TestServer
/** reads everything: another process on the same database, without access control */
let reader: TestServer
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'yilian-cda-'))
  const drops = `\ndrops:\n  - { source: rhip-cda, directory: ${directory}, ready: rename, pollSeconds: 1 }\n`
  server = await startTestServer({ config: readFileSync(DEMO_CONFIG_FILE, 'utf8') + drops })
  reader = await startTestServer({ beside: server, noAuth: true })
})
afterAll(async () => {
  await reader.stop()
  await server.stop()
  await rm(directory, { recursive: true })
})

interface Receipt {
  extension: { extension: { url: string; valueCode?: string; valueInteger?: number }[] }[]
  issue: { severity: string; details: { coding: { code: string }[] }; diagnostics?: string; expression?: string[] }[]
}

const counts = ({ extension: [one] }: Receipt) =>
  Object.fromEntries((one?.extension ?? []).map(({ url, valueCode, valueInteger }) => [url, valueCode ?? valueInteger]))
const errors = ({ issue }: Receipt) =>
  issue.slice(1).flatMap(({ severity, details, expression }) => (severity === 'error' ? [[details.coding[0]?.code, expression?.[0]]] : []))

async function send(source: string, client: string, body: Uint8Array): Promise<Receipt> {
  const token = await server.token(client)
  const sent = await server.call('POST', `/ingest/${source}`, { token, body, headers: { 'Content-Type': 'application/zip' } })
  if (sent.status !== 202) return sent.json as Receipt
  for (;;) {
    const answer = await server.call('GET', sent.headers.get('content-location') ?? '', { token })
    if (answer.status === 200) return answer.json as Receipt
    await delay(100)
  }
}

const stored = async (type: string): Promise<number> => (await reader.call('GET', `/fhir/${type}?_summary=count`)).json.total as number

test('a hospital sends a day of documents; what is none of them is told by its place, the others are stored', async () => {
  const receipt = await send(
    'h1-cda',
    'h1-engine',
    zipOf([
      entry('day/C0049.xml', sample('cda-c0049-discharge.xml')),
      entry('day/王建国.xml', sample('cda/C0034.xml')),
      entry('day/note.txt', 'x'),
      entry('day/王建国 2.xml', sample('cda/C0037.xml').slice(0, 3000)),
      entry('day/doctype.xml', '<?xml version="1.0"?><!DOCTYPE x><ClinicalDocument/>'),
      entry('day/C0099.xml', sample('cda/C0037.xml').replace('code="C0037"', 'code="C0099"')),
      entry('day/inner.xml', zipOf([entry('a.xml', 'x')])),
    ]),
  )
  expect(errors(receipt)).toEqual([
    ['archive-entry-unsupported', 'file 3'],
    ['payload-structure', 'file 4 document'],
    ['payload-doctype', 'file 5'],
    ['payload-type-unsupported', expect.stringContaining('code/@code')],
    ['payload-archive', 'file 7'],
  ])
  expect(JSON.stringify(receipt)).not.toContain('王建国')
  expect(counts(receipt)).toMatchObject({ records: 7, quarantined: 5 })
  expect(await stored('Composition')).toBe(2)
})

test('a way out of the folder and a bomb refuse the archive; nothing of it is stored', async () => {
  const before = [await stored('Composition'), await stored('Binary')]
  const fresh = sample('cda/C0038.xml')
  const way = await send('h1-cda', 'h1-engine', zipOf([entry('C0038.xml', fresh), entry('../../etc/C0038.xml', fresh)]))
  expect(errors(way)).toEqual([['archive-path', 'file 2']])
  const bomb = await send('h1-cda', 'h1-engine', zipOf([entry('zeros.xml', Buffer.alloc(24 * 1024 * 1024, 0x20))]))
  expect(errors(bomb)).toEqual([['archive-bomb', 'file 1']])
  expect([await stored('Composition'), await stored('Binary')]).toEqual(before)
})

test('a platform drops an archive: documents of two hospitals that number alike are not mixed', async () => {
  const own = sample('cda/C0020.xml')
  const other = own.replace('extension="12110000000000001N"', 'extension="12110000000000009X"')
  expect(other).not.toBe(own)
  await writeFile(join(directory, 'week.zip.part'), zipOf([entry('one.xml', own), entry('two.xml', other)]))
  await rename(join(directory, 'week.zip.part'), join(directory, 'week.zip'))
  const done = async () => (await readdir(join(directory, 'done')).catch(() => [])).sort()
  while ((await done()).length < 2) await delay(100)
  const [, report = ''] = await done()
  const receipt = JSON.parse(await readFile(join(directory, 'done', report), 'utf8')) as Receipt
  expect(errors(receipt)).toEqual([])
  expect(counts(receipt)).toMatchObject({ records: 2, waiting: 0, quarantined: 0 })
  const found = await reader.call('GET', '/fhir/Composition?type=C0020')
  const identifiers = (found.json.entry as { resource: { id: string; identifier: { system: string } } }[]).map(
    ({ resource }) => resource.identifier.system,
  )
  expect(identifiers.sort()).toEqual([
    'https://fhir-cn.example/sid/H1/document-no',
    'https://fhir-cn.example/sid/HA~12110000000000009X/document-no',
  ])
})

test('a stored document answers $document with all that it refers to', async () => {
  const found = await reader.call('GET', '/fhir/Composition?type=C0034')
  const [{ resource }] = found.json.entry as [{ resource: { id: string } }]
  const { status, json } = await reader.call('GET', `/fhir/Composition/${resource.id}/$document`)
  expect([status, json.type]).toEqual([200, 'document'])
  const types = (json.entry as { resource: { resourceType: string } }[]).map((one) => one.resource.resourceType)
  expect(types[0]).toBe('Composition')
  expect(types).toEqual(expect.arrayContaining(['Patient', 'Condition', 'Observation', 'AllergyIntolerance', 'Practitioner']))
})
