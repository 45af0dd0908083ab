/** A tar archive of small text files (POSIX ustar, IEEE 1003.1 "pax"), the same bytes for the same files: no owner, no clock. */

const BLOCK_BYTES = 512
/** 1985-10-26: what npm itself writes for every file. */
const MODIFIED_SECONDS = 499_162_500
const NAME_BYTES_MAX = 100

export function tar(files: readonly (readonly [path: string, text: string])[]): Buffer {
  const blocks = files.flatMap(([path, text]) => {
    const data = Buffer.from(text)
    return [header(path, data.length), data, Buffer.alloc((BLOCK_BYTES - (data.length % BLOCK_BYTES)) % BLOCK_BYTES)]
  })
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK_BYTES)])
}

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0')

function header(path: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES)
  if (Buffer.byteLength(path) > NAME_BYTES_MAX) throw new Error(`${path} is too long for a ustar header`)
  const write = (text: string, at: number) => block.write(text, at, 'utf8')
  write(path, 0)
  write(`${octal(0o644, 7)}\0`, 100)
  write(`${octal(0, 7)}\0`, 108)
  write(`${octal(0, 7)}\0`, 116)
  write(`${octal(size, 11)}\0`, 124)
  write(`${octal(MODIFIED_SECONDS, 11)}\0`, 136)
  write(' '.repeat(8), 148)
  write('0', 156)
  write('ustar\0', 257)
  write('00', 263)
  const sum = block.reduce((total, byte) => total + byte, 0)
  write(`${octal(sum, 6)}\0 `, 148)
  return block
}
