/**
 * Messages that are processed at the same time are stored together, as rows of a batch are: one look at what is known, one
 * fold, one transaction, and each with its own outcome. Alone, a message waits for nobody.
 */
import { setImmediate } from 'node:timers'
import { INGEST_BOUNDS } from './bounds.ts'
import { processRecord, processRows } from './process-record.ts'
import type { RecordJob } from './record-writes.ts'
import type { IngestTables } from './tables.ts'
import type { IngestDeps, RecordOutcome } from './types.ts'

interface Waiting {
  job: RecordJob
  resolve(outcome: RecordOutcome): void
  reject(error: unknown): void
}

export class RecordGroups {
  readonly #deps: IngestDeps
  readonly #tables: IngestTables
  readonly #waiting: Waiting[] = []
  #running = 0
  #planned = false

  constructor(deps: IngestDeps, tables: IngestTables) {
    this.#deps = deps
    this.#tables = tables
  }

  /** @throws OutcomeError busy, unavailable: to be tried again, nothing is lost */
  store(job: RecordJob): Promise<RecordOutcome> {
    if (job.record.statements.length > INGEST_BOUNDS.batchRowResourcesMax) return processRecord(this.#deps, this.#tables, job)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject })
      this.#plan()
    })
  }

  /** What arrives in one turn of the event loop goes together. */
  #plan(): void {
    if (this.#planned) return
    this.#planned = true
    setImmediate(() => {
      this.#planned = false
      this.#pump()
    })
  }

  #pump(): void {
    while (this.#running < INGEST_BOUNDS.messageLanes && this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, INGEST_BOUNDS.messagesTogether)
      this.#running++
      void this.#run(group).finally(() => {
        this.#running--
        this.#plan()
      })
    }
  }

  async #run(group: Waiting[]): Promise<void> {
    try {
      const outcomes = await processRows(
        this.#deps,
        this.#tables,
        group.map(({ job }) => job),
        true,
      )
      for (const [at, { resolve, reject }] of group.entries()) {
        const outcome = outcomes[at]
        if (outcome instanceof Error || !outcome) reject(outcome)
        else resolve(outcome)
      }
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }
}
