/**
 * A table in which what payloads say is looked up: codes, names of fields, units. What every object has by nature (`constructor`, `toString`) stands
 * in none, and would be found in a plain one.
 */
export const table = <Rows extends object>(rows: Rows): Rows => Object.assign(Object.create(null) as Rows, rows)
