/**
 * The version of what is stored for searches (keys, dates, numbers, groups, main date) of one and the same resource. It grows
 * with every change of the code that makes them, so that what an older server indexed is told from what this one did:
 * `tests/search/index-version.test.ts` fails where the one changes without the other.
 */
export const INDEX_VERSION = 15
