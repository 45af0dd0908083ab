/** Codes of search parameters and nothing else: a dot or a dollar sign would reach into other fields. */
export function pathName(param: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(param)) throw new TypeError('a search parameter name must be plain')
  return param
}
