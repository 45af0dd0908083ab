import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { checkZip, isZip, readZip } from '../../../mappings/parsers/zip.ts'
import { type ZipFile, zipOf } from './zip-files.ts'

async function* pieces(bytes: Uint8Array, size = bytes.byteLength || 1): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

async function read(bytes: Uint8Array, size?: number): Promise<[string, string][]> {
  const found: [string, string][] = []
  for await (const { name, chunks } of readZip(pieces(bytes, size))) {
    const parts: Uint8Array[] = []
    for await (const piece of chunks) parts.push(Buffer.from(piece))
    found.push([name, Buffer.concat(parts).toString()])
  }
  return found
}
const flaw = async (bytes: Uint8Array) => {
  const found = await checkZip(pieces(bytes, 4096))
  return found && [found.code, found.entry]
}

const TABLE = { name: 'TB_LIS_REPORT.csv', content: 'YLJGYQDM,BGDH\n0001,R1\n' }

describe('what is read', () => {
  const files: ZipFile[] = [
    { name: 'day/', content: '', stored: true },
    { name: 'day/a.csv', content: 'a'.repeat(300_000) },
    { name: 'day/b.csv', content: 'b,"x"\n', stored: true },
    { name: 'c.csv', content: Array.from({ length: 20_000 }, (_, at) => `${at}|${(at * 7919) % 10_007}\n`).join(''), described: true },
    { name: 'd.csv', content: '', described: true, signature: false },
    { name: 'e.csv', content: 'PK\u0003\u0004PK\u0001\u0002', stored: true },
  ]
  const expected = files.slice(1).map(({ name, content }) => [name, content])
  test.each([undefined, 1000, 7])('pieces of %s bytes', async (size) => {
    expect(await read(zipOf(files, { comment: 'weekly' }), size)).toEqual(expected)
  })

  test('a reader may leave an entry; the next one begins where it ends', async () => {
    const first: string[] = []
    for await (const { name, chunks } of readZip(pieces(zipOf(files), 512))) {
      const piece = await chunks[Symbol.asyncIterator]().next()
      first.push(`${name} ${piece.done ? '' : Buffer.from(piece.value).toString().slice(0, 3)}`)
    }
    expect(first).toEqual(['day/a.csv aaa', 'day/b.csv b,"', 'c.csv 0|0', 'd.csv ', 'e.csv PK\u0003'])
  })

  test('a name in the charset of a Chinese Windows', async () => {
    expect(await read(zipOf([{ ...TABLE, name: iconv.encode('检验报告.csv', 'gb18030') }]))).toEqual([['检验报告.csv', TABLE.content]])
  })
})

describe('what is refused, before anything of it is used', () => {
  const sound = zipOf([TABLE])
  test.each<[string, Uint8Array, string, string]>([
    ['a way up', zipOf([TABLE, { ...TABLE, name: '../../etc/cron.d/x' }]), 'archive-path', '../../etc/cron.d/x'],
    ['a root', zipOf([{ ...TABLE, name: '/etc/passwd' }]), 'archive-path', '/etc/passwd'],
    ['a drive', zipOf([{ ...TABLE, name: 'C:/x.csv' }]), 'archive-path', 'C:/x.csv'],
    ['a backslash', zipOf([{ ...TABLE, name: '..\\x.csv' }]), 'archive-path', '..\\x.csv'],
    ['a control character', zipOf([{ ...TABLE, name: 'x\u0000.csv' }]), 'archive-path', 'x\ufffd.csv'],
    ['no name', zipOf([{ ...TABLE, name: '' }]), 'archive-path', ''],
    ['a name of 300 characters', zipOf([{ ...TABLE, name: 'x'.repeat(300) }]), 'archive-path', 'x'.repeat(100)],
    ['two files of one name', zipOf([TABLE, { ...TABLE, name: 'tb_lis_report.CSV' }]), 'archive-entry-repeated', 'tb_lis_report.CSV'],
    ['a password', zipOf([{ ...TABLE, flags: 1 }]), 'archive-unsupported', TABLE.name],
    ['a method of another kind', zipOf([{ ...TABLE, method: 12 }]), 'archive-unsupported', TABLE.name],
    ['stored bytes of unknown length', zipOf([{ ...TABLE, stored: true, described: true }]), 'archive-unsupported', TABLE.name],
    ['a wrong checksum', zipOf([{ ...TABLE, crc: 1 }]), 'archive-damaged', TABLE.name],
    ['a wrong checksum behind', zipOf([{ ...TABLE, crc: 1, described: true }]), 'archive-damaged', TABLE.name],
    ['a file that the directory hides', zipOf([TABLE, { ...TABLE, name: 'b.csv' }], { listed: 1 }), 'archive-damaged', ''],
    ['another name in the directory', zipOf([{ ...TABLE, listedAs: 'other.csv' }]), 'archive-damaged', ''],
    ['something behind the end', Buffer.concat([sound, Buffer.from('x')]), 'archive-damaged', ''],
    ['no end', sound.subarray(0, -22), 'archive-damaged', ''],
    ['half of it', sound.subarray(0, 50), 'archive-damaged', TABLE.name],
    ['nothing in it', zipOf([]), 'archive-empty', ''],
    [
      'a thousand and one files',
      zipOf(Array.from({ length: 1001 }, (_, at) => ({ name: `${at}.csv`, content: '', stored: true }))),
      'archive-entries',
      '1000.csv',
    ],
  ])('%s', async (_, bytes, code, entry) => {
    expect(isZip(bytes)).toBe(true)
    expect(await flaw(bytes)).toEqual([code, entry])
  })

  test('which of the files it is, folders not counted', async () => {
    const folder = { name: 'day/', content: '' }
    const wrong = await checkZip(pieces(zipOf([folder, TABLE, { ...folder, name: 'more/' }, { ...TABLE, name: 'b.csv', crc: 1 }]), 4096))
    expect(wrong).toMatchObject({ code: 'archive-damaged', entry: 'b.csv', place: 2 })
  })

  test('a bomb, told before it has gone off', async () => {
    const bomb = zipOf([TABLE, { name: 'zeros.csv', content: Buffer.alloc(24 * 1024 * 1024) }])
    expect(bomb.byteLength).toBeLessThan(128 * 1024)
    let expanded = 0
    const reading = async () => {
      for await (const { chunks } of readZip(pieces(bomb, 4096))) for await (const piece of chunks) expanded += piece.byteLength
    }
    await expect(reading()).rejects.toMatchObject({ code: 'archive-bomb', entry: 'zeros.csv' })
    expect(expanded).toBeLessThan(20 * 1024 * 1024)
  })

  test('damage at random is told or harmless, and never anything else', async () => {
    const archive = zipOf([TABLE, { ...TABLE, name: 'b.csv', described: true }, { ...TABLE, name: 'c.csv', stored: true }])
    await fc.assert(
      fc.asyncProperty(fc.nat(archive.byteLength - 1), fc.nat(255), async (at, byte) => {
        const damaged = Buffer.from(archive)
        damaged[at] = byte
        const found = await checkZip(pieces(damaged, 100))
        if (!found) for (const [, content] of await read(damaged)) expect(content).toBe(TABLE.content)
      }),
      { numRuns: 100 },
    )
  })
})
