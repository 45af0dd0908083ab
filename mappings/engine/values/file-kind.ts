/** What a file is, by its first bytes, and whether its name says the same. */

/** Largest file that is kept; 8 MiB, as inside a message. */
export const FILE_BYTES_MAX = 8 * 1024 * 1024

const KINDS: readonly { contentType: string; magic: readonly (readonly number[])[]; endings: RegExp }[] = [
  { contentType: 'application/pdf', magic: [[0x25, 0x50, 0x44, 0x46, 0x2d]], endings: /\.pdf$/i },
  { contentType: 'image/jpeg', magic: [[0xff, 0xd8, 0xff]], endings: /\.jpe?g$/i },
  { contentType: 'image/png', magic: [[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]], endings: /\.png$/i },
  {
    contentType: 'image/tiff',
    magic: [
      [0x49, 0x49, 0x2a, 0x00],
      [0x4d, 0x4d, 0x00, 0x2a],
    ],
    endings: /\.tiff?$/i,
  },
]

/** Content type; undefined: of none of the kinds that are kept, or another one than its name says. */
export function fileKind(name: string, bytes: Uint8Array): string | undefined {
  const found = KINDS.find(({ magic }) => magic.some((signs) => signs.every((sign, at) => bytes[at] === sign)))
  return found?.endings.test(name) ? found.contentType : undefined
}
