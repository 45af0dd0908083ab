/** Headers of every answer, whatever it answers. */
export const SECURITY_HEADERS: readonly (readonly [name: string, value: string])[] = [
  // No cache may keep what consent can take back (access.md L52).
  ['Cache-Control', 'no-store'],
  ['X-Content-Type-Options', 'nosniff'],
  // An answer is data: a browser that shows one (XML with its narrative, say) runs, fetches and frames nothing (access.md L74).
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'; sandbox"],
]
