import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { child, childrenOf, descend, parseXml, XML_BOUNDS } from '../../../mappings/parsers/xml.ts'

const flaw = (text: string) => {
  const result = parseXml(Buffer.from(text))
  return result.ok ? undefined : result.flaw
}

describe('refused (D40)', () => {
  test.each([
    ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 'payload-doctype'],
    ['<?xml version="1.0"?>\n<!DOCTYPE a SYSTEM "http://evil.example/a.dtd"><a/>', 'payload-doctype'],
    ['<!doctype html><a/>', 'payload-doctype'],
    ['<a><!ENTITY x "y"></a>', 'payload-doctype'],
    ['<a>&x;</a>', 'payload-structure'],
    ['<a>', 'payload-structure'],
    ['<a></b>', 'payload-structure'],
    ['<a/><b/>', 'payload-structure'],
    ['text', 'payload-structure'],
    ['', 'payload-structure'],
    ['<a x="1" x="2"/>', 'payload-structure'],
    ['<p:a/>', 'payload-structure'],
    [`${'<a>'.repeat(XML_BOUNDS.depthMax + 1)}${'</a>'.repeat(XML_BOUNDS.depthMax + 1)}`, 'payload-too-large'],
    [`<a>${'<b/>'.repeat(XML_BOUNDS.elementsMax)}</a>`, 'payload-too-large'],
    [`<a ${Array.from({ length: XML_BOUNDS.attributesMax + 1 }, (_, i) => `x${i}=""`).join(' ')}/>`, 'payload-too-large'],
  ])('%.60s', (text, expected) => expect(flaw(text)).toBe(expected))

  test('a DOCTYPE in another charset', () =>
    expect(parseXml(iconv.encode('\ufeff<!DOCTYPE a><a/>', 'utf-16le'))).toEqual({ ok: false, flaw: 'payload-doctype' }))
})

describe('the tree', () => {
  test('names without prefix, predefined entities, CDATA, trimmed text', () => {
    const result = parseXml(
      Buffer.from(
        '<x:a xmlns:x="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><x:b xsi:type="ST" v="1&lt;2"> &#x738B;<![CDATA[<i>]]> </x:b><x:b/></x:a>',
      ),
    )
    if (!result.ok) throw new Error(result.flaw)
    expect([result.root.name, result.root.uri]).toEqual(['a', 'urn:hl7-org:v3'])
    expect(child(result.root, 'b')).toMatchObject({ text: '王<i>', attributes: { 'xsi:type': 'ST', v: '1<2' } })
    expect(childrenOf(result.root, 'b')).toHaveLength(2)
    expect(descend(result.root, 'b/c')).toBeUndefined()
  })

  test.each([
    ['GB18030', 'gb18030'],
    ['GBK', 'gb18030'],
    ['UTF-8', 'utf-8'],
  ])('declared %s', (said, charset) => {
    const text = `<?xml version="1.0" encoding="${said}"?><a>白细胞</a>`
    const result = parseXml(charset === 'utf-8' ? Buffer.from(text) : iconv.encode(text, 'gb18030'))
    expect(result).toMatchObject({ ok: true, charset, misdeclared: false, root: { text: '白细胞' } })
  })

  test('declared UTF-8, sent in GB 18030', () =>
    expect(parseXml(iconv.encode('<?xml version="1.0" encoding="UTF-8"?><a>白细胞</a>', 'gb18030'))).toMatchObject({
      ok: true,
      misdeclared: true,
      root: { text: '白细胞' },
    }))

  test.each([
    ['utf-8', undefined],
    ['gb18030', 'auto'],
    ['gb18030', 'GBK'],
    ['utf-8', 'GBK'],
  ])('declared UTF-16, as programs write what they hold, and sent in %s, under %s', (charset, registered) =>
    expect(parseXml(iconv.encode('<?xml version="1.0" encoding="utf-16"?><a>白细胞</a>', charset), registered)).toMatchObject({
      ok: true,
      charset,
      misdeclared: true,
      root: { text: '白细胞' },
    }),
  )

  test('declared UTF-16 and sent in it', () =>
    expect(parseXml(iconv.encode('\ufeff<?xml version="1.0" encoding="UTF-16"?><a>白细胞</a>', 'utf-16le'))).toMatchObject({
      ...{ ok: true, charset: 'utf-16le', misdeclared: false, root: { text: '白细胞' } },
    }))

  test('keys of the prototype are ordinary attributes', () => {
    const result = parseXml(Buffer.from('<a __proto__="x" constructor="y"/>'))
    expect(result.ok && Object.keys(result.root.attributes)).toEqual(['__proto__', 'constructor'])
  })
})

test('whatever comes, the parser answers', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '/',
    '<a>',
    '</a>',
    '<a b="',
    '"',
    '&',
    ';',
    '&amp;',
    '<![CDATA[',
    ']]>',
    '<?',
    '?>',
    '<!--',
    '-->',
    '王',
    'xmlns:x="y"',
    '<x:a>',
    '\u0000',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 3 })), { maxLength: 40 }), (parts) => {
      const result = parseXml(Buffer.from(`<a>${parts.join('')}</a>`))
      expect(result.ok || /^payload-/.test(result.flaw)).toBe(true)
    }),
    { numRuns: 500 },
  )
})
