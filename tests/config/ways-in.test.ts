/** Ports and folders at which payloads arrive besides the API. */
import { describe, expect, test } from '@jest/globals'
import { ConfigError, configFrom } from '../../server/config/config.ts'

const KEY = { kty: 'RSA', kid: 'k1', n: Buffer.alloc(256, 0xab).toString('base64url'), e: 'AQAB' }
const load = (ways: { drops?: unknown; mllp?: unknown } = {}) =>
  configFrom(
    JSON.stringify({
      organizations: [{ id: 'H1', kind: 'hospital', name: '示例医院' }],
      clients: [
        { client_id: 'h1', party: 'hospital', organization: 'H1', purposes: ['TREAT'], scopes: 'system/*.cu', jwks: { keys: [KEY] } },
      ],
      sources: [{ id: 'h1-lis', kind: 'hospital', mapping: 'hospital/hl7v2', organization: 'H1', client: 'h1' }],
      ...ways,
    }),
    {},
  )

function problemsOf(ways: { drops?: unknown; mllp?: unknown }): string[] {
  try {
    load(ways)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ at }) => at)
    throw error
  }
}

describe('drops', () => {
  const watching = (...drops: Record<string, unknown>[]) =>
    problemsOf({ drops: drops.map((drop) => ({ source: 'h1-lis', directory: '/srv/sftp/h1', ...drop })) })
  test.each<[string, string[], Record<string, unknown>[]]>([
    ['a folder of a source', [], [{}]],
    ['two folders', [], [{}, { directory: '/srv/sftp/h2', ready: 'marker', marker: '.ok' }]],
    ['two on one folder', ['drops[0].directory', 'drops[1].directory'], [{}, { directory: '/srv/sftp/./h1' }]],
    ['a folder of wherever the server is started', ['drops[0].directory'], [{ directory: 'sftp' }]],
    ['an unknown source', ['drops[0].source'], [{ source: 'nobody' }]],
    ['an unknown way to be whole', ['drops[0].ready'], [{ ready: 'soon' }]],
    ['a marker that could be a file of its own', ['drops[0].marker'], [{ marker: 'done' }]],
    ['a marker with a way out', ['drops[0].marker'], [{ marker: './../x' }]],
    ['no time to stand still', ['drops[0].stableSeconds'], [{ stableSeconds: 0 }]],
  ])('%s', (_name, expected, drops) => expect(watching(...drops)).toEqual(expected))
  test('are off by default, and wait until a file stands still', () => {
    expect(load().drops).toEqual([])
    expect(load({ drops: [{ source: 'h1-lis', directory: '/srv/x' }] }).drops).toEqual([
      { source: 'h1-lis', directory: '/srv/x', ready: 'stable', marker: '.done', stableSeconds: 60, pollSeconds: 10, waitSeconds: 900 },
    ])
  })
})

describe('mllp', () => {
  const listening = (change: Record<string, unknown>, sender: Record<string, unknown> = {}) =>
    problemsOf({ mllp: [{ port: 2575, senders: [{ source: 'h1-lis', ...sender }], ...change }] })
  test.each<[string, string[], Record<string, unknown>, Record<string, unknown>]>([
    ['a port of this machine', [], {}, {}],
    ['an open port whose sender is told by name alone', ['mllp[0].senders[0]'], { host: '0.0.0.0' }, { application: 'LIS' }],
    ['an open port for one address', [], { host: '0.0.0.0' }, { addresses: ['10.0.0.5'] }],
    ['an open port for a certificate', [], { host: '0.0.0.0', tls: { cert: 'c', key: 'k', ca: 'a' } }, { certificate: 'lis' }],
    ['a certificate that nobody verifies', ['mllp[0].senders[0].certificate'], { tls: { cert: 'c', key: 'k' } }, { certificate: 'lis' }],
    ['an unknown source', ['mllp[0].senders[0].source'], {}, { source: 'nobody' }],
    ['no sender', ['mllp[0].senders'], { senders: [] }, {}],
    ['no key', ['mllp[0].tls.key'], { tls: { cert: 'c' } }, {}],
    ['an unknown key', ['mllp[0].backlog'], { backlog: 1 }, {}],
  ])('%s', (_name, expected, change, sender) => expect(listening(change, sender)).toEqual(expected))
  test('is off by default', () => expect(load().mllp).toEqual([]))
})
