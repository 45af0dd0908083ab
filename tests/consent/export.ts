/** A Bulk export run to its end: kick-off, status, manifest, files. */
import type { Answer, TestServer } from '../support/server.ts'

export interface Exported {
  /** path of the status request */
  status: string
  /** paths of the files */
  files: string[]
}

const POLL_MS = 50
const POLLS_MAX = 400

/** @throws Error when it is refused, fails, or does not end */
export async function exportAll(server: TestServer, token: string, path = '/fhir/$export?_type=Observation'): Promise<Exported> {
  const kickOff = await server.call('GET', path, { token, headers: { Prefer: 'respond-async', Accept: 'application/fhir+json' } })
  if (kickOff.status !== 202) throw new Error(`export answered ${kickOff.status}`)
  const status = new URL(kickOff.headers.get('content-location') ?? '').pathname
  for (let poll = 0; poll < POLLS_MAX; poll++) {
    const answer = await server.call('GET', status, { token })
    if (answer.status === 200) {
      const files = (answer.json.output as { url: string }[]).map(({ url }) => new URL(url).pathname)
      return { status, files }
    }
    if (answer.status !== 202) throw new Error(`export status answered ${answer.status}`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  throw new Error('the export did not end')
}

export const download = (server: TestServer, token: string, file: string): Promise<Answer> =>
  server.call('GET', file, { token, headers: { Accept: 'application/fhir+ndjson' } })

/** All lines of all files. */
export async function linesOf(server: TestServer, token: string, { files }: Exported): Promise<string[]> {
  const answers = await Promise.all(files.map((file) => download(server, token, file)))
  return answers.flatMap(({ text }) => text.split('\n').filter((line) => line !== ''))
}
