/** Every bound of authentication, with its unit in its name. */
export const AUTH_LIMITS = {
  /** client assertions live no longer (SMART Backend Services) */
  assertionSeconds: 300,
  /** access tokens, and those that break the glass (access.md L81) */
  accessSeconds: 300,
  breakGlassSeconds: 900,
  /** how far another machine's clock may be off */
  clockToleranceSeconds: 10,
  jtiChars: 256,
  kidChars: 128,
  tokenChars: 8192,
  formBytes: 32 * 1024,
  formParameters: 20,
  reasonChars: 500,
  verifiedTokens: 20_000,
  jwksBytes: 64 * 1024,
  jwksFetchMs: 5_000,
  jwksCacheMs: 15 * 60_000,
  /** keys fetched once stay usable while their server is away */
  jwksStaleMs: 60 * 60_000,
  jwksRefreshMs: 60_000,
} as const

/** The only algorithms that are accepted or announced; `none` and shared secrets are not among them. */
export const ALGORITHMS: readonly string[] = ['RS384', 'ES384', 'RS256']
