/** `npm run token` against a running token endpoint, with a demonstration key of its own. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from '@jest/globals'
import { decodeJwt } from 'jose'
import { demoKeyFile, demoPrivateKey, demoPublicKeys } from '../../server/auth/demo-keys.ts'
import { running } from './support/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'yilian-token-'))
afterAll(() => rmSync(folder, { recursive: true }))
const server = running()

/** The command with these arguments; the server's own configuration stands in a file, the ward's key in YILIAN_KEYS. */
async function command(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const file = join(folder, 'config.json')
  const ward = {
    client_id: 'h1-ward',
    party: 'operator',
    purposes: ['SYSADMIN'],
    scopes: 'system/*.rs',
    jwks: { keys: [server.keys.ward.public] },
  }
  const stranger = { ...ward, client_id: 'keyless' }
  writeFileSync(file, JSON.stringify({ clients: [ward, stranger] }))
  writeFileSync(join(folder, 'h1-ward.json'), JSON.stringify(server.keys.ward.private))
  const env = { PATH: process.env.PATH, YILIAN_CONFIG: file, PUBLIC_URL: server.url, YILIAN_KEYS: folder, DATA_DIR: folder }
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['server/auth/cli/token.ts', ...args], { env })
    return { code: 0, out: stdout, err: stderr }
  } catch (error) {
    const failed = error as { code: number; stdout: string; stderr: string }
    return { code: failed.code, out: failed.stdout, err: failed.stderr }
  }
}

describe('npm run token', () => {
  test.each<[string, string[], RegExp]>([
    ['no client', [], /usage/],
    ['two clients', ['h1-ward', 'loader'], /usage/],
    ['an unknown option', ['h1-ward', '--party', 'operator'], /usage/],
    ['an unknown client', ['nobody'], /no such client; known: h1-ward keyless/],
    ['a client without a key', ['keyless'], /no private key/],
    ['what the server refuses', ['h1-ward', '--purpose', 'HRESCH'], /invalid_request: purpose_of_use: not registered/],
  ])('%s', async (_name, args, message) => {
    const { code, out, err } = await command(...args)
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(message)
  })

  test('prints the token and nothing else', async () => {
    const args = [
      '--purpose',
      'BTG',
      '--reason',
      '昏迷',
      '--user',
      'D1',
      '--patient',
      'P1',
      '--form',
      'PSEUD',
      '--study',
      'S1',
      '--scope',
      'user/*.r',
    ]
    const { code, out } = await command('h1-ward', ...args)
    expect(code).toBe(0)
    expect(out).toMatch(/^[\w.-]+\n$/)
    expect(decodeJwt(out.trim())).toMatchObject({
      client_id: 'h1-ward',
      scope: 'user/*.r',
      patient: 'P1',
      fhirUser: 'Practitioner/D1',
      data_form: 'PSEUD',
      research_study: 'S1',
      break_glass_reason: '昏迷',
    })
  })
})

describe('demonstration keys', () => {
  test('are made once, also when many start at the same time, and only the owner can read them', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => demoPrivateKey(folder, 'a-client')))
    expect(new Set(all.map((key) => key.kid)).size).toBe(1)
    expect(statSync(demoKeyFile(folder, 'a-client')).mode & 0o777).toBe(0o600)
  })

  test('are shown without their private half', async () => {
    const { keys } = await demoPublicKeys(folder, 'a-client')
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']])
  })
})
