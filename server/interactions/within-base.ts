/** Whole addresses of this server, which clients may send where a relative one is meant. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:(?:\/\/[^/?#]*)?/i

/**
 * The address relative to this server's base: it stands so already, or is the whole address ("relative to [base]", R4
 * bundle-definitions.html#Bundle.entry.request.url; clients send the one that they read). Scheme and host know no case, and a default port is
 * none (RFC 3986 6.2.2.1, 6.2.3). Undefined: it is not under this base.
 */
export function withinBase(url: string, ownBase: string): string | undefined {
  const [origin] = ORIGIN.exec(url) ?? []
  if (origin === undefined) return url
  const own = new URL(ownBase)
  if (origin.includes('@') || !URL.canParse(origin) || new URL(origin).origin !== own.origin) return undefined
  const path = url.slice(origin.length)
  const behind = path.slice(own.pathname.length)
  return path.startsWith(own.pathname) && /^(?:[/?]|$)/.test(behind) ? behind : undefined
}
