/** The questions as people ask for them: those that they may see, the likeliest first, page by page. */
import type { IngestTables, LinkTaskDoc, PatientRecordDoc } from '../ingest/tables.ts'
import { personsOf } from '../ingest/likely/weigh.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { paramError } from '../search/parse/names.ts'
import type { Stored } from '../store/types.ts'
import { LINKING_BOUNDS } from './bounds.ts'

export const STATES = ['open', 'linked', 'apart'] as const
export type State = (typeof STATES)[number]

export interface ListAsked {
  state: State
  count: number
  after?: readonly [score: number, id: string]
}

/** @throws OutcomeError parameter-unknown, parameter-invalid */
export function listAsked(query: Readonly<Record<string, unknown>>): ListAsked {
  const asked: ListAsked = { state: 'open', count: LINKING_BOUNDS.rowsDefault }
  for (const [name, value] of Object.entries(query)) {
    if (typeof value !== 'string') throw paramError('parameter-invalid', name)
    if (value === '') continue
    if (name === 'state') asked.state = stateOf(value)
    else if (name === 'count') asked.count = countOf(value)
    else if (name === 'after') asked.after = markOf(value)
    else throw paramError('parameter-unknown', name)
  }
  return asked
}

function stateOf(value: string): State {
  const state = STATES.find((one) => one === value)
  if (!state) throw paramError('parameter-invalid', 'state')
  return state
}

function countOf(value: string): number {
  const count = /^\d{1,4}$/.test(value) ? Number(value) : 0
  if (count < 1) throw paramError('parameter-invalid', 'count')
  return Math.min(count, LINKING_BOUNDS.rowsMax)
}

/** Opaque; one that was made up shows nothing that could not be asked for. */
function markOf(text: string): readonly [number, string] {
  try {
    const mark = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as unknown
    if (Array.isArray(mark) && mark.length === 2 && typeof mark[0] === 'number' && typeof mark[1] === 'string') return [mark[0], mark[1]]
  } catch {
    // As one of another shape.
  }
  throw paramError('parameter-invalid', 'after')
}

const markText = ({ score, _id }: LinkTaskDoc): string => Buffer.from(JSON.stringify([score, _id])).toString('base64url')

/** A question, and of each of its records the Patient where the asker may read it. */
export interface TaskSeen {
  task: LinkTaskDoc
  patients: ReadonlyMap<string, Stored | undefined>
}

export interface Page {
  rows: TaskSeen[]
  next?: string
}

export interface QueueDeps {
  tables: Pick<IngestTables, 'tasks' | 'records' | 'persons'>
  /** of records those that the asker may see */
  see(records: readonly PatientRecordDoc[]): Promise<Map<string, Stored | undefined>>
}

/**
 * That there is a next page is told only where there is another question that the asker may see.
 * @param within the asker's organisation; absent: all
 * @throws OutcomeError too-costly
 */
export async function queuePage({ tables, see }: QueueDeps, within: string | undefined, asked: ListAsked): Promise<Page> {
  const rows: TaskSeen[] = []
  const where = { ...(within === undefined ? {} : { within }), state: asked.state }
  let mark = asked.after
  for (let scanned = 0; rows.length <= asked.count; ) {
    const found = await tables.tasks.find(behind(where, mark), { sort: { score: -1, _id: 1 }, limit: LINKING_BOUNDS.scanPage })
    rows.push(...(await seenOf({ tables, see }, found)))
    const last = found.at(-1)
    if (!last || found.length < LINKING_BOUNDS.scanPage) break
    mark = [last.score, last._id]
    scanned += found.length
    if (scanned >= LINKING_BOUNDS.scannedMax) throw new OutcomeError('too-costly')
  }
  const page = rows.slice(0, asked.count)
  const last = page.at(-1)
  return { rows: page, ...(rows.length > asked.count && last ? { next: markText(last.task) } : {}) }
}

function behind(where: Record<string, unknown>, mark: ListAsked['after']): Record<string, unknown> {
  if (!mark) return where
  const [score, id] = mark
  return { ...where, $or: [{ score: { $lt: score } }, { score, _id: { $gt: id } }] }
}

/** Of these questions those that the asker may see, and that are one still: other records may have answered them. */
export async function seenOf({ tables, see }: QueueDeps, tasks: readonly LinkTaskDoc[]): Promise<TaskSeen[]> {
  const ids = [...new Set(tasks.flatMap(({ patients }) => patients))]
  const found = await tables.records.getMany(ids)
  const records = new Map(found.map((record) => [record._id, record]))
  const [patients, persons] = await Promise.all([see(found), personsOf(tables, ids)])
  const isOne = ([a = '', b = '']: readonly string[]): boolean => persons.get(a) === persons.get(b)
  const areTwo = ([a = '', b = '']: readonly string[]): boolean => {
    const [x, y] = [records.get(a)?.number, records.get(b)?.number]
    return x != null && y != null && x.value !== y.value
  }
  return tasks.flatMap((task) => {
    if (!task.patients.every((patient) => patients.has(patient))) return []
    if (task.state === 'open' && (isOne(task.patients) || areTwo(task.patients))) return []
    return [{ task, patients: new Map(task.patients.map((patient) => [patient, patients.get(patient)])) }]
  })
}
