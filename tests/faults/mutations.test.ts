import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type TestDatabase, testDatabase } from '../support/mongo.ts'
import { openBalance } from './mutations/balance.ts'
import { acknowledgementFaults, faultsOf, issueFaults, tellsOfPersons } from './mutations/judge.ts'
import { runMutations } from './mutations/run.ts'
import { ofHousehold } from './mutations/samples.ts'

const reply = (status: number, text: string, type = 'application/fhir+json') => ({
  status,
  text,
  headers: new Headers({ 'content-type': type }),
  start: 0,
  end: 1,
})

const receipt = (counts: Record<string, number>) =>
  JSON.stringify({
    resourceType: 'OperationOutcome',
    extension: [
      {
        url: 'x/ingest-receipt',
        extension: Object.entries(counts).map(([url, valueInteger]) => ({ url, valueInteger })),
      },
    ],
    issue: [{ severity: 'error', code: 'invalid', details: { text: 'x' } }],
  })

describe('the judge of answers', () => {
  const none = { storedWithIssues: 0, unchanged: 0, waiting: 0, refused: 0, nothing: 0 }

  test('finds what must not be: 5xx, HTML, stacks, echoes, sums that are wrong', () => {
    expect(faultsOf(reply(500, '{"resourceType":"OperationOutcome"}'), false)).toEqual(['status 500', 'no issue'])
    expect(faultsOf(reply(400, '<html></html>', 'text/html'), false)).toContain('answered as text/html')
    expect(faultsOf(reply(400, '{"a":"TypeError: x"}'), false)).toContain('shows how it is made')
    expect(faultsOf(reply(400, '{"a":"王建国"}'), false)).toContain('echoes a personal value')
    expect(faultsOf(reply(200, receipt({ ...none, records: 3, stored: 1, quarantined: 1 })), false)).toHaveLength(1)
    expect(faultsOf(reply(200, receipt({ ...none, records: 1, stored: -1, quarantined: 2 })), false)).toHaveLength(1)
  })

  test('a receipt that adds up is fine', () => {
    expect(faultsOf(reply(200, receipt({ ...none, records: 3, stored: 2, quarantined: 1 })), false)).toEqual([])
  })

  test('of kept issues it finds failures of our own, and persons', () => {
    const issues = (issue: object) => JSON.stringify([{ severity: 'error', code: 'payload-structure', at: 'payload' }, issue])
    expect(issueFaults(issues({ severity: 'error', code: 'record-failed', at: 'row 2' }))).toEqual(['a record failed for a reason of ours'])
    expect(issueFaults(issues({ severity: 'warning', code: 'mapping-field-unread', at: '王建国' }))).toEqual([
      'its issues tell a personal value',
    ])
    expect(issueFaults(issues({ severity: 'error', code: 'record-too-large', at: 'row 2' }))).toEqual([])
  })
})

describe('home pages of households', () => {
  const NUMBERS = /\d{17}[\dX]/g
  const page = { name: 'x', client: '', path: '', contentType: '', moves: true } as const
  const bytes = Buffer.from('0001023456,110100195803120019;0001078901,310100196511080248')

  test('after a hundred they are others, with sound numbers of the same width, and found out wherever they come back', () => {
    const [first, same, next] = [0, 99, 100].map((drawn) => ofHousehold({ ...page, bytes }, drawn).bytes.toString())
    expect([first, same]).toEqual([bytes.toString(), bytes.toString()])
    // Check characters reckoned apart, as GB 11643 has them (ISO 7064 MOD 11-2).
    expect(next).toBe('0001123456,110100195803120035;0001178901,310100196511080264')
    expect((next?.match(NUMBERS) ?? []).map(tellsOfPersons)).toEqual([true, true])
  })

  test('what leaves no stays keeps its patients', () => {
    const { moves: _moves, ...other } = page
    expect(ofHousehold({ ...other, bytes }, 100).bytes).toBe(bytes)
  })
})

describe('broken payloads', () => {
  let database: TestDatabase
  let dataDir: string
  beforeAll(async () => {
    database = await testDatabase()
    dataDir = await mkdtemp(join(tmpdir(), 'yilian-mutations-'))
  })
  afterAll(async () => {
    await database.drop()
    await rm(dataDir, { recursive: true, force: true })
  })

  test('each gets its answer, the inbox accounts for it, and sound ones between them come out as on a fresh server', async () => {
    const report = await runMutations({
      mongodbUri: database.uri,
      database: database.database,
      dataDir,
      seed: 20261124,
      mutants: 20,
      only: [],
      round: 20,
      scale: 0,
      rssMbMax: 1024,
      // Other tests run beside it: how long one takes is looked at by the check alone.
      msMax: 30_000,
      say: () => undefined,
    })
    expect(report.problems).toEqual([])
    expect(Object.values(report.formats).map(({ sent }) => sent)).toEqual(Array.from({ length: 13 }, () => 20))
    expect(report.good).toBe(13)
  }, 300_000)

  test('what is said to be kept and is not is found', async () => {
    const balance = await openBalance(database.uri, database.database)
    const problems: string[] = []
    const claim = { label: 'lost', source: 'h1-lis', hash: '00', bytes: 1, kept: true }
    const counts = await balance.check([claim, { ...claim, label: 'perhaps', kept: undefined }], (problem) => problems.push(problem))
    await balance.close()
    expect(problems).toEqual(['lost: the sender was told that it is taken, and it is not in the inbox'])
    expect(counts.payloads).toBe(0)
  })

  test('acknowledgements must be some, and tell nothing', () => {
    expect(acknowledgementFaults(['MSH|^~\\&|A\rMSA|AA|1'])).toEqual([])
    expect(acknowledgementFaults(['nothing of the kind'])).toHaveLength(1)
    const batch = 'BHS|^~\\&\rMSH|^~\\&|A\rMSA|AA|1\rMSH|^~\\&|A\rMSA|AR|2\rERR|1\rBTS|2\r'
    expect(acknowledgementFaults([batch, `FHS|^~\\&\r${batch}FTS|1\r`])).toEqual([])
    expect(acknowledgementFaults([batch.replace('MSA|AR|2\r', ''), 'BHS|^~\\&\rBTS|0\r'])).toHaveLength(2)
    expect(acknowledgementFaults([Buffer.from('MSH|^~\\&|王建国\rMSA|AA|1').toString('latin1')])).toEqual(['echoes a personal value'])
  })
})
