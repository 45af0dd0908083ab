/**
 * Two generations of tables name the same thing differently (formats.md C1): the newer ones the institution by YLJGYQDM and the row's state
 * by XGBZ, the older ones by YLJGDM (and WSJGDM beside it) and by CXBZ, alone or beside XGBZ. Every table is taken in either; mappings
 * read the newer names.
 */
import type { TableLayout, TableRow } from '../../parsers/delimited.ts'

type Values = TableRow['values']

/** What a file of either generation may call a column that the layout requires. */
const EITHER: readonly (readonly [string, string])[] = [
  ['YLJGYQDM', 'YLJGDM'],
  ['XGBZ', 'CXBZ'],
]

/** The layout with the columns of both generations: one that it requires may come under either name. */
export function inBothGenerations(layout: TableLayout): TableLayout {
  const known = new Set([...layout.columns, ...EITHER.flat(), 'WSJGDM'])
  const required = layout.required.filter((name) => !EITHER.some((pair) => pair.includes(name)))
  // A file without a header has the columns of the specification, in its order.
  return { ...layout, order: layout.columns, columns: [...known], required, requiredEither: EITHER }
}

/** 2 withdraws an earlier row, under whichever of the two names it stands. */
const WITHDRAWN = '2'

/** The row with the institution and the state under YLJGYQDM and XGBZ as well, whatever its table calls them. */
export function withNewerNames(sent: Values): Values {
  const { YLJGDM: institution, CXBZ: cancelled, XGBZ: state } = sent
  const values = institution === undefined ? sent : { YLJGYQDM: institution, ...sent }
  if (cancelled === undefined || (state !== undefined && cancelled !== WITHDRAWN)) return values
  return { ...values, XGBZ: cancelled }
}

/** Which column of a row says whether it stands, for the name of what is missing or wrong in it. */
export const stateColumn = (sent: Values): 'XGBZ' | 'CXBZ' => (sent.CXBZ !== undefined && sent.XGBZ === undefined ? 'CXBZ' : 'XGBZ')
