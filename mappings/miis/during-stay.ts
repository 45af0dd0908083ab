/** When something was found of which a home page says only that it was found: at some time in the stay. */
import type { From } from '../engine/from.ts'
import type { Run } from '../engine/rule.ts'
import { instantOf, readDateTime } from '../engine/values/date.ts'
import type { Site } from './transaction.ts'

export interface DuringStay extends Site {
  adm_date?: string
  dscg_date?: string
}

/** A period that ended before it began is no period: of it the beginning is told. */
function endsBehind(run: Run): boolean {
  const { timezone } = run.context
  const [start, end] = ['adm_date', 'dscg_date'].map((field) => readDateTime(run.text(field) ?? '', timezone).value)
  return start === undefined || end === undefined || instantOf(start, timezone) <= instantOf(end, timezone)
}

export const duringStay = <Row extends DuringStay>(from: From<Row>) => ({
  start: from.dateTime('adm_date' as never),
  end: from.dateTime('dscg_date' as never).when(endsBehind),
})
