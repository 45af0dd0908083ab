/** Logical ids (R4 datatypes.html#id). */
const ID = /^[A-Za-z0-9\-.]{1,64}$/

export const isId = (text: string): boolean => ID.test(text)
