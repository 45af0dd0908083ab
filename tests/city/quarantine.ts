/** What could not be stored: each part has a reason, each payload can be played again, and what was the site's own mistake is stored once it is mended. */
import { ask, pause, receiptOf } from './feeding.ts'
import { MISREGISTERED } from './feeds.ts'

export interface Quarantined {
  payloads: number
  parts: number
  /** payloads without a reason */
  silent: number
  /** played again: the answer is a receipt, and as many parts are in quarantine as before */
  replayed: number
  /** whose replay was anything else */
  bad: number
}

interface Row {
  id: string
  source: string
  records: { open: number }
  problems: string[]
}

const PAGE = 200
const LANES = 4

/** @param deadline epoch, ms: behind it no more is played again, and what is left is not counted as replayed */
export async function quarantinedOf(url: string, deadline = Number.POSITIVE_INFINITY): Promise<Quarantined> {
  const found: Quarantined = { payloads: 0, parts: 0, silent: 0, replayed: 0, bad: 0 }
  for await (const page of pagesOf(url)) {
    const left = page.values()
    const lane = async (): Promise<void> => {
      for (const row of left) await lookAt(url, row, found, deadline)
    }
    await Promise.all(Array.from({ length: LANES }, lane))
  }
  return found
}

/** Payloads of which something may be in quarantine, the newest first. */
async function* pagesOf(url: string): AsyncGenerator<Row[]> {
  let after = ''
  do {
    const { status, json } = await ask(url, `/ingest/inbox?status=quarantined,stored-with-issues&_total=none&_count=${PAGE}${after}`)
    if (status !== 200) throw new Error(`the inbox answers ${status}`)
    const { payloads, next } = json as { payloads: Row[]; next?: string }
    yield payloads.filter(({ records }) => records.open > 0)
    after = next === undefined ? '' : `&after=${next}`
  } while (after !== '')
}

async function lookAt(url: string, { id, source, problems }: Row, found: Quarantined, deadline: number): Promise<void> {
  const place = `/ingest/${source}/payloads/${id}`
  const parts = await partsOf(url, place)
  // What is open may wait for its patient as well.
  if (parts === 0) return
  found.payloads++
  found.parts += parts
  if (problems.length === 0) found.silent++
  if (Date.now() > deadline) return
  const { status } = await ask(url, `${place}/$replay`, { method: 'POST' })
  if ((status === 200 || status === 202) && (await partsOf(url, place)) === parts) found.replayed++
  else found.bad++
}

/** In quarantine, once the payload is worked off. */
async function partsOf(url: string, place: string): Promise<number> {
  for (;;) {
    const { status, json } = await ask(url, place)
    if (status === 200) return receiptOf(json)?.counts.quarantined ?? 0
    if (status !== 202) throw new Error(`a payload answers ${status}`)
    await pause(POLL_MS)
  }
}

const POLL_MS = 300

export interface Mended {
  /** parts in quarantine of the source that was registered wrongly: before, and once its files were played again */
  before: number
  after: number
}

export async function openPartsOf(url: string, source = MISREGISTERED): Promise<number> {
  const { status, json } = await ask(url, `/ingest/quarantine?source=${source}`)
  if (status !== 200) throw new Error(`quarantine answers ${status}`)
  return (json as { total: number }).total
}

/** On a server whose registration of the source is right by now. @returns parts that are still in quarantine */
export async function replayMended(url: string, source = MISREGISTERED): Promise<number> {
  const begun = await ask(url, `/ingest/inbox/$replay?source=${source}`, { method: 'POST' })
  const place = begun.headers.get('content-location')
  if (begun.status !== 202 || !place) throw new Error(`the replay of all answers ${begun.status}`)
  for (let answer = begun; answer.status === 202; answer = await ask(url, place)) await pause(POLL_MS)
  return openPartsOf(url, source)
}
