/** Bounds of loads. */

/** Bad rows that are listed; all of them are counted. */
export const BAD_ROWS_LISTED = 1000
/** Bad rows after which a load stops, where nothing else is said. */
export const BAD_ROWS_MAX = 1000
