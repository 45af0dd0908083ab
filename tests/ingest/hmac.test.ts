import { describe, expect, test } from '@jest/globals'
import { createHmac } from 'node:crypto'
import { hmac, padsOf } from '../../server/ingest/hmac.ts'

describe('HMAC-SHA-256, by RFC 4231', () => {
  test.each([
    ['4.2', Buffer.alloc(20, 0x0b), 'Hi There', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
    ['4.3', Buffer.from('Jefe'), 'what do ya want for nothing?', '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'],
    [
      '4.7, a key longer than a block',
      Buffer.alloc(131, 0xaa),
      'Test Using Larger Than Block-Size Key - Hash Key First',
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    ],
  ])('%s', (_, secret, text, expected) => {
    expect(Buffer.from(hmac(padsOf(secret), text), 'latin1').toString('hex')).toBe(expected)
  })

  test.each([0, 63, 64, 1365, 1366, 5000])('of %i Chinese characters as createHmac has it, whatever was hashed before', (length) => {
    const pads = padsOf(Buffer.from('secret'))
    const text = '测'.repeat(length)
    hmac(pads, 'another and longer one'.repeat(100))
    expect(hmac(pads, text)).toBe(createHmac('sha256', 'secret').update(text).digest('binary'))
  })
})
