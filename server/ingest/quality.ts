/**
 * How good what each source sends is, day by day: how many of its records were sound, and which rules the others broke. Counts alone,
 * of no person, record or payload. What is sent again unchanged, and what an operator plays again, is not counted anew. What the records of a payload
 * count for its row keeps with how far it came, so that who takes over from a process that died counts none twice; once it has ended that is added to the
 * counts of its source and leaves the row in one transaction. A message that is worked off in one go is counted in the process when its end is saved.
 */
import { zoneOf } from '../fhir/zone.ts'
import type { SideWrite, Table } from '../store/types.ts'
import type { Writer } from '../writer/types.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import { TABLES } from './tables.ts'
import type {
  IngestDeps,
  PayloadDoc,
  Quality,
  QualityCounts,
  QualityDoc,
  QualityIssue,
  ReceiptIssue,
  RecordOutcome,
  Verdict,
} from './types.ts'

export interface QualityDeps {
  /** of TABLES.quality */
  table: Table<QualityDoc>
  payloads: Table<PayloadDoc>
  writer: Pick<Writer, 'write'>
  timezone: string
  now(): Date
}

export const qualityTables = (
  store: Pick<IngestDeps['store'], 'table'>,
  decision: IngestDeps['decision'],
): Pick<QualityDeps, 'table' | 'payloads'> => ({
  table: store.table(decision, TABLES.quality),
  payloads: store.table(decision, TABLES.payloads),
})

/** undefined: the record says nothing of its sender's quality (unchanged, waiting, nothing to store, not collected). */
function verdictOf(status: RecordOutcome['status'], faults: number): Verdict | undefined {
  if (status === 'quarantined') return 'refused'
  if (status === 'stored' || status === 'stored-with-issues') return faults > 0 ? 'withIssues' : 'sound'
  return undefined
}

const DAY_CHARACTERS = 'YYYY-MM-DD'.length
/** Writings behind the end of a payload with which it is looked for what ended; and how often else, for what a process left that died. */
const LOOKS = 3
const LOOK_EVERY = 30

function docOf(source: string, counted: string): Pick<QualityDoc, '_id' | 'source' | 'day' | 'kind' | 'name'> {
  const day = counted.slice(0, DAY_CHARACTERS)
  const [kind = ''] = counted.slice(DAY_CHARACTERS + 1).split('|', 1)
  const name = counted.slice(DAY_CHARACTERS + kind.length + 2)
  return { _id: `${source}|${counted}`, source, day, kind: kind as QualityDoc['kind'], name }
}

/** Counted in the process and written together: a row that every record touches would hold all of them up. */
export function createQuality(deps: QualityDeps): Quality {
  const zone = zoneOf(deps.timezone)
  const pending = new Map<string, QualityDoc>()
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()
  let looks = LOOKS

  const today = (): string => {
    const now = deps.now().getTime()
    return new Date(now + zone.offsetAt(now)).toISOString().slice(0, 10)
  }

  const add = (source: string, counted: string, n = 1): void => {
    const doc = docOf(source, counted)
    const known = pending.get(doc._id)
    if (known) known.n += n
    else pending.set(doc._id, { ...doc, n })
  }

  const judged: Quality['judged'] = ({ status, issues }) => {
    // A record that breaks a rule ten times has one thing wrong with it.
    const faults = new Set(issues.filter(isFault).map(nameOf))
    const verdict = verdictOf(status, faults.size)
    if (!verdict) return []
    const day = today()
    return [`${day}|record|${verdict}`, ...[...faults].map((name) => `${day}|issue|${name}`)]
  }

  /** Of payloads that have ended; another process may be at the same ones, and then one of the two has counted them. */
  const collect = async (): Promise<void> => {
    for (;;) {
      const where = { judged: { $gt: '' }, finishedAt: { $ne: null } }
      const ended = await deps.payloads.find(where, { limit: INGEST_BOUNDS.qualityPayloads, without: ['inline', 'issues'] })
      if (ended.length === 0) return
      const sums = new Map<string, QualityDoc>()
      for (const { source, judged: kept = '{}' } of ended)
        for (const [counted, n] of Object.entries(JSON.parse(kept) as QualityCounts)) {
          const doc = docOf(source, counted)
          sums.set(doc._id, { ...doc, n: n + (sums.get(doc._id)?.n ?? 0) })
        }
      const taken = ended.map(({ _id, judged: kept }): SideWrite => {
        return { table: TABLES.payloads, op: 'update', where: { _id, judged: kept }, set: { judged: '' }, mustMatch: true }
      })
      const added = [...sums.values()].map(({ _id, n, ...set }): SideWrite => {
        return { table: TABLES.quality, op: 'update', where: { _id }, set, inc: { n }, upsert: true }
      })
      if (!(await deps.writer.write([], { side: [...taken, ...added] })).ok) return
    }
  }

  const flush = async (isAsked: boolean): Promise<void> => {
    looks--
    // Where the database is away they are found later.
    if (isAsked || looks >= 0 || looks % LOOK_EVERY === 0) await collect().catch(() => undefined)
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

  const flushed = (isAsked = true): Promise<void> => {
    writing = writing.then(() => flush(isAsked))
    return writing
  }

  return {
    today,
    judged,
    add(source, counts) {
      for (const [counted, n] of Object.entries(counts)) add(source, counted, n)
    },
    ended(status) {
      looks = LOOKS
      return `${today()}|payload|${status}`
    },
    count(source, outcome) {
      for (const counted of judged(outcome)) add(source, counted)
    },
    payload(source, event) {
      add(source, `${today()}|payload|${event}`)
    },
    async rows(sources, from, until) {
      await flushed()
      return deps.table.find({ source: { $in: [...sources] }, day: { $gte: from, $lte: until } }, { sort: { _id: 1 } })
    },
    async start() {
      await deps.table.ensureIndex({ source: 1, day: 1 })
      timer = setInterval(() => void flushed(false), INGEST_BOUNDS.qualityFlushMs)
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
