/** Questions that are answered by what happened elsewhere: the two became one person through a third record. */
import { retryingConflicts } from '../retry.ts'
import type { IngestTables } from '../tables.ts'
import type { IngestDeps } from '../types.ts'
import { eventWrite, taskWrite } from './table-writes.ts'
import { personsOf } from './weigh.ts'

/** @param patients records whose person changed */
export async function settleAnswered(deps: IngestDeps, tables: IngestTables, patients: readonly string[]): Promise<void> {
  if (!deps.likely || patients.length === 0) return
  await retryingConflicts(async () => {
    const open = await tables.tasks.find({ patients: { $in: [...patients] }, state: 'open' })
    const persons = await personsOf(
      tables,
      open.flatMap((task) => task.patients),
    )
    const answered = open.filter((task) => new Set(task.patients.map((patient) => persons.get(patient))).size === 1)
    const side = answered.flatMap((task) => [
      taskWrite(task, { ...task, state: 'settled' }),
      eventWrite({ at: deps.now(), patients: task.patients, act: 'settle' }),
    ])
    return side.length === 0 || (await deps.writer.write([], { side })).ok ? { done: true } : undefined
  })
}
