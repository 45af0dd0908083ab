/** How far a batch came, how fast, and in how much memory: looked at from outside, by the database and the process's own account. */
import { readFile } from 'node:fs/promises'
import type { Collection } from 'mongodb'
import { clock, sleep } from '../support/client.ts'

export interface Look {
  at: number
  /** rows that are done for good (the payload's checkpoint) */
  rows: number
  /** resident memory of the server, MB; undefined while there is none */
  mb: number | undefined
  /** which start of the server it was */
  life: number
}

export interface PayloadRow {
  _id: string
  checkpoint: number
  finishedAt: Date | null
  attempts: number
  status: string
}

const LOOK_MS = 250

export class Progress {
  readonly looks: Look[] = []
  readonly #payloads: Collection<PayloadRow>
  readonly #process: () => { pid: number; life: number } | undefined

  constructor(payloads: Collection<PayloadRow>, process: () => { pid: number; life: number } | undefined) {
    this.#payloads = payloads
    this.#process = process
  }

  /** Looks again and again until it comes to `rows`, or is finished. @throws Error when nothing moves for `stuckMs` */
  async until(payload: string, rows: number, stuckMs: number): Promise<PayloadRow> {
    let moved = clock()
    let before = -1
    for (;;) {
      const row = await this.#payloads.findOne({ _id: payload })
      if (!row) throw new Error('the payload is gone')
      await this.#note(row)
      if (row.finishedAt !== null || row.checkpoint >= rows) return row
      if (row.checkpoint !== before) moved = clock()
      else if (clock() - moved > stuckMs) throw new Error(`nothing moves at row ${row.checkpoint}, ${row.status}, attempt ${row.attempts}`)
      before = row.checkpoint
      await sleep(LOOK_MS)
    }
  }

  async #note({ checkpoint }: PayloadRow): Promise<void> {
    const running = this.#process()
    this.looks.push({ at: clock(), rows: checkpoint, mb: running && (await residentMb(running.pid)), life: running?.life ?? -1 })
  }
}

async function residentMb(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kb = /VmRSS:\s+(\d+)/.exec(status)?.[1]
  return kb === undefined ? undefined : Math.round(Number(kb) / 1024)
}

export interface Tenth {
  rows: number
  /** while it went on: the time between a kill and the next row is left out */
  rowsPerSecond: number
  mb: number
  /** which start of the server did all of it; undefined where it was killed within */
  life: number | undefined
}

/** The batch in ten parts of its rows. */
export function tenthsOf(looks: readonly Look[], rows: number): Tenth[] {
  return Array.from({ length: 10 }, (_, part) => {
    const [from, to] = [(rows * part) / 10, (rows * (part + 1)) / 10]
    const inside = looks.filter((look) => look.rows >= from && look.rows < to)
    let ms = 0
    let done = 0
    for (const [at, look] of inside.entries()) {
      const next = inside[at + 1]
      if (!next || next.life !== look.life) continue
      // Nothing is done yet where a process has just begun: it looks for the place at which to go on.
      const begins = next.rows === look.rows && !inside.slice(0, at + 1).some((one) => one.life === look.life && one.rows < look.rows)
      if (begins && look.life > 0) continue
      ms += next.at - look.at
      done += next.rows - look.rows
    }
    const mb = inside.flatMap((look) => look.mb ?? []).sort((a, b) => a - b)
    const lives = new Set(inside.map(({ life }) => life))
    return {
      rows: Math.round(to),
      rowsPerSecond: ms === 0 ? 0 : Math.round((done / ms) * 1000),
      mb: mb[Math.floor(mb.length / 2)] ?? 0,
      life: lives.size === 1 ? [...lives][0] : undefined,
    }
  })
}
