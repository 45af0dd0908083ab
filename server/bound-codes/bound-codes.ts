/**
 * Stored code systems and value sets in the bindings of the validator. The validator asks without waiting; what is not known yet is
 * found out between two of its passes over a resource, and then remembered for as long as nothing that is stored of codes is changed:
 * one row counts the changes, and every process looks at it before it judges what is written.
 */
import { OutcomeError } from '../outcome/outcome-error.ts'
import { revisionOf, revisionTable } from '../store/codes-revision.ts'
import type { Store } from '../store/types.ts'
import type { CodeAnswer, StoredCodes } from '../validation/stored-codes.ts'
import { JUDGING } from './stored.ts'
import { type Question, View, type ViewDeps } from './view.ts'

export interface BoundCodesDeps extends ViewDeps {
  store: Pick<Store, 'search' | 'table'>
  now(): Date
}

/** A process that was killed between a change and its count is noticed by then. */
const VIEW_MS_MAX = 600_000
/** Questions at once, also of validations that do not wait and leave theirs behind. */
const OPEN_MAX = 1000

export function createBoundCodes(deps: BoundCodesDeps): StoredCodes {
  const revisions = revisionTable(deps.store, JUDGING)
  const viewOf = (revision: number): View => new View(deps, revision, deps.now().getTime())
  let view = viewOf(-1)
  let open: Question[] = []

  return {
    get state() {
      return view
    },

    answer(canonical, asked): CodeAnswer | undefined {
      const isTouched = view.isTouched(canonical)
      if (isTouched === false) return undefined
      const question = { canonical, ...asked }
      const known = isTouched ? view.known(question) : undefined
      if (known === undefined && open.length < OPEN_MAX) open.push(question)
      return known
    },

    async settle(): Promise<boolean> {
      const asked = open
      open = []
      if (asked.length === 0) return false
      const own = view
      try {
        // Where not all could be asked for, the rest is asked for in the next pass.
        return (await own.find(asked)) || asked.length >= OPEN_MAX
      } catch (error) {
        // What failed is not remembered.
        if (view === own) view = viewOf(own.revision)
        throw error instanceof OutcomeError ? error : new OutcomeError('unavailable')
      }
    },

    async refresh(): Promise<void> {
      const revision = await revisionOf(revisions)
      if (revision !== view.revision || deps.now().getTime() - view.made > VIEW_MS_MAX) view = viewOf(revision)
    },
  }
}
