/** Two generations of tables name the same thing differently (formats.md C1); mappings read the newer names. */
import type { TableLayout, TableRow } from '../../parsers/delimited.ts'

type Values = TableRow['values']

/** Which column says that a row stands (1) or withdraws an earlier one (2): CXBZ only where the table has no XGBZ. */
export function stateColumn({ columns }: Pick<TableLayout, 'columns'>): 'XGBZ' | 'CXBZ' {
  return columns.includes('CXBZ') && !columns.includes('XGBZ') ? 'CXBZ' : 'XGBZ'
}

/** The row with the institution and the state under YLJGYQDM and XGBZ as well, whatever its table calls them. */
export function withNewerNames(sent: Values, state: 'XGBZ' | 'CXBZ'): Values {
  const { YLJGDM: institution, CXBZ: cancelled } = sent
  const values = institution === undefined ? sent : { YLJGYQDM: institution, ...sent }
  return state === 'CXBZ' && cancelled !== undefined ? { XGBZ: cancelled, ...values } : values
}
