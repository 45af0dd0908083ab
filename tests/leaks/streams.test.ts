/** Leak catalogue L51: a consent that is withdrawn while a long answer is under way, the run of an export or one of its files. */
import { expect, test } from '@jest/globals'
import type { Access } from '../../server/access/types.ts'
import type { FhirRequest } from '../../server/interactions/types.ts'
import { exportFile } from '../../server/operations/export/export-status.ts'
import { chunksOf, EXPORT_PAGE, jobsOf } from '../../server/operations/export/job.ts'
import { runExport } from '../../server/operations/export/run.ts'
import { download, exportAll, linesOf } from '../consent/export.ts'
import { BROAD, give, observation, putAll, withdraw } from '../consent/resources.ts'
import { setting } from './worlds.ts'

const ID = 'long-'
const LINES = EXPORT_PAGE + 100
/** Beyond what leaves together. */
const NOTE = [{ text: '长'.repeat(400) }]
const held = setting(() => [])

const observations = () =>
  Array.from({ length: LINES }, (_, at) => observation(`${ID}${String(at).padStart(4, '0')}`, 'p1-a', 'long', { note: NOTE }))
const TYPES = '/fhir/$export?_type=Observation'

test('a run decides each page anew, a file each page and every five seconds', async () => {
  const { server, loader } = held
  await putAll(server, loader, observations())
  let consent = await give(server, 'p1-a', BROAD)
  const researcher = await server.token('researcher', { data_form: 'PSEUD', research_study: 'study-1' })
  const run = await exportAll(server, researcher, TYPES)
  expect(await linesOf(server, researcher, run)).toHaveLength(LINES)
  const { fhir } = server.running
  const job = await jobsOf(fhir.store).get(run.status.split('/').at(-1) ?? '')
  if (!job) throw new Error('no job')
  const again = { consent: () => give(server, 'p1-a', BROAD), withdraw: () => withdraw(server, 'p1-a', consent) }

  // The run: withdrawn behind its first page of Observations.
  const second = { ...job, _id: fhir.newId(), status: 'accepted' as const, cursor: { type: 0, id: '', chunk: 0 }, written: [], tries: 0 }
  await jobsOf(fhir.store).insert(second)
  let pages = 0
  const withDecision: Access['withDecision'] = async (...asked) => {
    const page = await fhir.access.withDecision(...asked)
    if (++pages === 1) await again.withdraw()
    return page
  }
  await runExport({ ...fhir, access: { ...fhir.access, withDecision } }, second._id)
  expect([pages, (await jobsOf(fhir.store).get(second._id))?.status]).toEqual([2, 'completed'])
  const chunks = await chunksOf(fhir.store).find({ job: second._id })
  expect(chunks.flatMap(({ rows }) => rows)).toHaveLength(EXPORT_PAGE)
  // What the first page still holds is not handed out either.
  const [file = ''] = run.files
  expect((await download(server, researcher, file.replace(job._id, second._id))).text).toBe('')

  // The file, read piece by piece.
  const pieces = async (between: (n: number) => Promise<void>): Promise<number[]> => {
    consent = await again.consent()
    const request: FhirRequest = { method: 'GET', segments: file.split('/').slice(2), query: [], header: () => undefined, actor: job.actor }
    const { stream } = await exportFile.run({ ...fhir, now: () => new Date(Date.now() + late) }, request)
    const lines: number[] = []
    for await (const piece of stream as AsyncIterable<Uint8Array>) {
      lines.push(Buffer.from(piece).toString('utf8').trim().split('\n').length)
      await between(lines.length)
    }
    return lines
  }
  let late = 0
  const whole = await pieces(async () => undefined)
  expect(whole.reduce((sum, n) => sum + n, 0)).toBe(LINES)
  expect(whole.length).toBeGreaterThan(2)
  // A fast reader: the page that was decided before, and nothing of the next.
  const fast = await pieces(async (n) => (n === 1 ? again.withdraw() : undefined))
  expect(fast.reduce((sum, n) => sum + n, 0)).toBe(EXPORT_PAGE)
  // A slow one: what left within five seconds, and nothing behind it.
  const slow = await pieces(async (n) => {
    if (n !== 1) return
    await again.withdraw()
    late = 5001
  })
  expect(slow).toEqual(whole.slice(0, 1))
}, 60_000)
