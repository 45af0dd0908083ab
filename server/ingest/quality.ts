/**
 * How good what each source sends is, day by day: how many of its records were sound, and which rules the others broke. Counts alone,
 * of no person, record or payload. What is sent again unchanged, and what an operator plays again, is not counted anew.
 */
import { zoneOf } from '../fhir/zone.ts'
import type { Table } from '../store/types.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import type { Quality, QualityDoc, QualityIssue, ReceiptIssue, RecordOutcome, Verdict } from './types.ts'

export interface QualityDeps {
  table: Table<QualityDoc>
  timezone: string
  now(): Date
}

/** undefined: the record says nothing of its sender's quality (unchanged, waiting, nothing to store, not collected). */
function verdictOf(status: RecordOutcome['status'], faults: number): Verdict | undefined {
  if (status === 'quarantined') return 'refused'
  if (status === 'stored' || status === 'stored-with-issues') return faults > 0 ? 'withIssues' : 'sound'
  return undefined
}

/** Counted in the process and written together: a row that every record touches would hold all of them up. */
export function createQuality(deps: QualityDeps): Quality {
  const zone = zoneOf(deps.timezone)
  const pending = new Map<string, QualityDoc>()
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  const today = (): string => {
    const now = deps.now().getTime()
    return new Date(now + zone.offsetAt(now)).toISOString().slice(0, 10)
  }

  const add = (source: string, day: string, kind: QualityDoc['kind'], name: string): void => {
    const _id = [source, day, kind, name].join('|')
    const known = pending.get(_id)
    if (known) known.n++
    else pending.set(_id, { _id, source, day, kind, name, n: 1 })
  }

  const flush = async (): Promise<void> => {
    const rows = [...pending.values()]
    pending.clear()
    for (const { _id, n, ...set } of rows) {
      try {
        await deps.table.update({ _id }, { set, inc: { n } }, { upsert: true })
      } catch {
        // The database is away: it is counted when that is over.
        const known = pending.get(_id)
        if (known) known.n += n
        else pending.set(_id, { _id, ...set, n })
      }
    }
  }

  const flushed = (): Promise<void> => {
    writing = writing.then(flush)
    return writing
  }

  return {
    today,
    count(source, { status, issues }) {
      // A record that breaks a rule ten times has one thing wrong with it.
      const faults = new Set(issues.filter(isFault).map(nameOf))
      const verdict = verdictOf(status, faults.size)
      if (!verdict) return
      const day = today()
      add(source, day, 'record', verdict)
      for (const name of faults) add(source, day, 'issue', name)
    },
    payload(source, event) {
      add(source, today(), 'payload', event)
    },
    async rows(sources, from, until) {
      await flushed()
      return deps.table.find({ source: { $in: [...sources] }, day: { $gte: from, $lte: until } }, { sort: { _id: 1 } })
    },
    async start() {
      await deps.table.ensureIndex({ source: 1, day: 1 })
      timer = setInterval(() => void flushed(), INGEST_BOUNDS.qualityFlushMs)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await flushed()
    },
  }
}

/** What the sender could mend: not that a code of its own has no target here yet, nor what is only told. */
const isFault = ({ severity, code }: ReceiptIssue): boolean => severity !== 'information' && code !== 'mapping-code-unmapped'

/** Neither place nor text: they may say what a sender wrote. */
function nameOf({ code, rule, profile }: ReceiptIssue): string {
  const issue: QualityIssue = { code, ...(rule === undefined ? {} : { rule }), ...(profile === undefined ? {} : { profile }) }
  return JSON.stringify(issue)
}
