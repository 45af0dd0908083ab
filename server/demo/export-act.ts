/** The researcher's Bulk export: kick-off, status, manifest, NDJSON. */
import type { Cast } from './cast.ts'
import type { Narrator } from './narrator.ts'
import type { Setting } from './setting.ts'
import { researcherParameters } from './views.ts'

interface Manifest {
  output: { type: string; url: string }[]
}

const POLL_MS = 200
const POLLS_MAX = 150

export async function runExport(cast: Cast, narrator: Narrator, setting: Setting): Promise<string[]> {
  const token = await cast.token('researcher', researcherParameters(setting))
  const kickOff = await cast.raw(token, '/fhir/$export', { headers: { Prefer: 'respond-async', Accept: 'application/fhir+json' } })
  const status = new URL(kickOff.headers.get('content-location') ?? '', cast.url).pathname
  const manifest = await manifestOf(cast, token, status)
  const files = manifest.output.map(({ url }) => new URL(url).pathname)
  const lines = await downloadAll(cast, setting, files)
  narrator.check(
    `研究者批量导出：${manifest.output.length} 类资源，${lines} 行 NDJSON`,
    `The researcher's Bulk export: ${manifest.output.length} types, ${lines} NDJSON lines`,
    kickOff.status === 202 && lines > 0,
  )
  return files
}

async function manifestOf(cast: Cast, token: string, status: string): Promise<Manifest> {
  for (let poll = 0; poll < POLLS_MAX; poll++) {
    const answer = await cast.raw(token, status)
    if (answer.status === 200) return (await answer.json()) as Manifest
    await answer.arrayBuffer()
    if (answer.status !== 202) throw new Error(`the export answered ${answer.status}`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  throw new Error('the export did not end in time')
}

/** Number of lines of people's data; resources about nobody (organisations, staff) do not count. */
export async function downloadAll(cast: Cast, setting: Setting, files: string[]): Promise<number> {
  const token = await cast.token('researcher', researcherParameters(setting))
  let lines = 0
  for (const file of files) {
    if (/\/(Organization|Practitioner|PractitionerRole|Location|ResearchStudy|Medication)\.ndjson$/.test(file)) continue
    const answer = await cast.raw(token, file, { headers: { Accept: 'application/fhir+ndjson' } })
    lines += (await answer.text()).split('\n').filter((line) => line !== '').length
  }
  return lines
}
