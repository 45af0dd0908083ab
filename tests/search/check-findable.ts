/**
 * `npm run check:findable [EVERY]`: every official R4 example, created, read back and found over HTTP on a real replica set (see
 * findable.ts). Exits 1 where one is not the same, or not found.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '../../server/store/log.ts'
import { startMongod } from '../../server/store/mongod/start.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { exampleFiles } from '../validation/official-examples.ts'
import { checkExample, type Findings, noFindings } from './findable.ts'

const AT_ONCE = 6
const RETRIES = 3

async function main(every: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'yilian-findable-'))
  const mongod = process.env.TEST_MONGODB_URI ? undefined : await startMongod({ dataDir: folder, log: silentLog })
  if (mongod) process.env.TEST_MONGODB_URI = mongod.uri
  const server = await startTestServer({ noAuth: true })
  const steady = withRetries(server)
  const findings = noFindings()
  try {
    const files = exampleFiles().filter((_, at) => at % every === 0)
    const work = async (): Promise<void> => {
      for (let file = files.shift(); file !== undefined; file = files.shift()) {
        await checkExample(steady, file, findings).catch((error: unknown) =>
          findings.failures.push(`${file}: ${error} ${(error as Error).cause}`),
        )
        if (files.length % 500 === 0) process.stderr.write(`${files.length} to go\n`)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  } finally {
    await server.stop()
    await mongod?.stop()
    await rm(folder, { recursive: true, force: true })
  }
  print(findings)
  process.exitCode = findings.failures.length === 0 ? 0 : 1
}

/**
 * This process asks and answers. While it evaluates the largest examples it does neither, so that idle connections are closed
 * and writes about the same patient wait for longer than the server lets them.
 */
function withRetries(server: TestServer): TestServer {
  const call: TestServer['call'] = async (...request) => {
    for (let left = RETRIES; left > 0; left--) {
      const answer = await server.call(...request).catch(() => undefined)
      if (answer && answer.status !== 503) return answer
    }
    return server.call(...request)
  }
  return { ...server, call }
}

function print({ instances, stored, sameJson, sameXml, tried, found, missing, unwritable, refused, failures }: Findings): void {
  const lines = [
    ...failures,
    `${instances} instances, ${stored} stored: ${sameJson} equal in JSON, ${sameXml} equal through XML; ${failures.length} failures`,
    ...[...refused].map(([reason, files]) => `  ${files.length} not stored as they are: ${reason} (${files.sort().join(', ')})`),
    `${tried} pairs of a resource and a search parameter with a value: ${found} found; ${missing} pairs without a value found by :missing=true`,
    ...[...unwritable].map(([reason, count]) => `  ${count} pairs with a value that no search can name: ${reason}`),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

await main(Number(process.argv[2] ?? 1))
