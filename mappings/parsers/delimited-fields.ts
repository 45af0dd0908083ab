/** One line of a delimited file into its fields (RFC 4180 quoting, any one-character delimiter). */

/**
 * The fields without their quotes; `""` inside quotes is one quote. A quote that opens a field must close it: `open-quote`
 * when the line ends before, `bad-quote` when text follows the closing quote. A quote inside an unquoted field is data
 * (inch signs in results are common).
 */
export function splitFields(line: string, delimiter: string): string[] | 'open-quote' | 'bad-quote' {
  if (!line.includes('"')) return line.split(delimiter)
  const fields: string[] = []
  let at = 0
  for (;;) {
    if (line[at] === '"') {
      const field = quoted(line, at)
      if (!field) return 'open-quote'
      fields.push(field.text)
      at = field.end
      if (at < line.length && line[at] !== delimiter) return 'bad-quote'
    } else {
      const end = line.indexOf(delimiter, at)
      fields.push(end < 0 ? line.slice(at) : line.slice(at, end))
      at = end < 0 ? line.length : end
    }
    if (at >= line.length) return fields
    at++
    if (at === line.length) {
      fields.push('')
      return fields
    }
  }
}

function quoted(line: string, start: number): { text: string; end: number } | undefined {
  let text = ''
  let from = start + 1
  for (;;) {
    const quote = line.indexOf('"', from)
    if (quote < 0) return undefined
    text += line.slice(from, quote)
    if (line[quote + 1] !== '"') return { text, end: quote + 1 }
    text += '"'
    from = quote + 2
  }
}
