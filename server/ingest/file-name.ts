/** What a sender calls the file that it sends over HTTP. Dialects go by it, so that a name in Chinese is to be read as it was meant. */

export interface NameTold {
  /** of the address */
  query: string
  /** Content-Disposition (RFC 6266) */
  disposition: string
  /** X-File-Name */
  header: string
}

const EXTENDED = /(?:^|;)\s*filename\*\s*=\s*([\w-]+)'[^']*'([^;\s"]+)/i
const PLAIN = /(?:^|;)\s*filename\s*=\s*(?:"([^"]*)"|([^";]+))/i

/** Without the path before it; '' where there is none. */
export function fileNameIn({ query, disposition, header }: NameTold): string {
  const name = query || extendedName(disposition) || asSent(plainName(disposition)) || asSent(header)
  return name.split(/[\\/]/).at(-1) ?? ''
}

function plainName(disposition: string): string {
  const [, quoted, bare = ''] = PLAIN.exec(disposition) ?? []
  return (quoted ?? bare).trim()
}

/** RFC 8187. '' where it is not what it says: the plain name may be. */
function extendedName(disposition: string): string {
  const [, charset = '', value = ''] = EXTENDED.exec(disposition) ?? []
  const bytes = Buffer.from(
    value.replace(/%([\dA-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes)
  } catch {
    return ''
  }
}

/** Headers come as if in Latin-1, whatever the sender wrote: programs here write UTF-8 or GBK into them. */
function asSent(text: string): string {
  const bytes = Buffer.from(text, 'latin1')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('gb18030').decode(bytes)
  }
}
