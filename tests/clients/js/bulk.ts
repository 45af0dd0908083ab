/** Of a Bulk export what clients leave to their callers: to wait, and to fetch the files, which are not FHIR. */
import type { Exported } from './adapter.ts'

export interface Manifest {
  output: { type: string; url: string }[]
}

const POLL_MS = 100
const POLLS_MAX = 300

/** Asks until there is a manifest. @throws Error */
export async function manifestOf(poll: () => Promise<Manifest | undefined>): Promise<Manifest> {
  for (let polls = 0; polls < POLLS_MAX; polls++) {
    const manifest = await poll()
    if (manifest) return manifest
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  throw new Error('the export did not end')
}

export function filesOf({ output }: Manifest, token: string | undefined): Promise<Exported[]> {
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` }
  return Promise.all(
    output.map(async ({ type, url }) => {
      const answer = await fetch(url, { headers })
      if (!answer.ok) throw new Error(`file of ${type}: ${answer.status}`)
      return { type, text: await answer.text() }
    }),
  )
}
