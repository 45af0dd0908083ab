/** One thing that an entry says, with all that belongs to it. */
export interface Statement {
  /** DE05.01.024.00, or @procedure, @drug, @group, @begin, @end, @performer … */
  element: string
  /** 出院诊断-西医诊断编码 */
  name: string
  /** name and qualifier, by which statements of one data element are told apart */
  words: string
  /** text, or the display of a code; absent when not filled */
  text?: string
  /** value of a CD */
  code?: string
  /** OID of the code's table, as sent */
  system?: string
  /** value of a TS as sent */
  time?: string
  unit?: string
  /** of the value: ST, CD, TS, PQ, REAL, MO, BL, INT */
  type?: string
  /** statements in entryRelationships, components and the like, times and people */
  parts: Statement[]
  /** where the value stands */
  at: string
}

/** This statement and all within it. */
export function flat(statements: readonly Statement[]): Statement[] {
  return statements.flatMap((one) => [one, ...flat(one.parts)])
}

/** The first filled part of this name directly below. */
export const partOf = (statement: Statement, element: string): Statement | undefined =>
  statement.parts.find((one) => one.element === element && (one.text ?? one.code) !== undefined)
