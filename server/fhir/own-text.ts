/**
 * The same text in memory of its own. A piece that was cut out of a text keeps all of that in memory for as long as it is kept itself: what
 * outlives its payload (a key of a cache) is copied.
 */
export const ownText = (text: string): string => ` ${text}`.slice(1)
