import { describe, expect, test } from '@jest/globals'
import { ConfigError, configFrom } from '../../server/config/config.ts'

const KEY = { kty: 'RSA', kid: 'k1', n: Buffer.alloc(256, 0xab).toString('base64url'), e: 'AQAB' }
const load = (drops?: unknown) =>
  configFrom(
    JSON.stringify({
      organizations: [{ id: 'H1', kind: 'hospital', name: '示例医院' }],
      clients: [
        { client_id: 'h1', party: 'hospital', organization: 'H1', purposes: ['TREAT'], scopes: 'system/*.cu', jwks: { keys: [KEY] } },
      ],
      sources: [{ id: 'h1-lis', kind: 'hospital', mapping: 'hospital/hl7v2', organization: 'H1', client: 'h1' }],
      ...(drops === undefined ? {} : { drops }),
    }),
    {},
  )

function problemsOf(drops: unknown): string[] {
  try {
    load(drops)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ at }) => at)
    throw error
  }
}

describe('drops', () => {
  const watching = (...drops: Record<string, unknown>[]) =>
    problemsOf(drops.map((drop) => ({ source: 'h1-lis', directory: '/srv/sftp/h1', ...drop })))
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
    expect(load([{ source: 'h1-lis', directory: '/srv/x' }]).drops).toEqual([
      { source: 'h1-lis', directory: '/srv/x', ready: 'stable', marker: '.done', stableSeconds: 60, pollSeconds: 10 },
    ])
  })
})
