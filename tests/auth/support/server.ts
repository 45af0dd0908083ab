/** The authorization server over real HTTP and a real store, with a few clients whose private keys the test holds. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll } from '@jest/globals'
import express from 'express'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { systemDecision } from '../../../server/access/decision.ts'
import { authRouter } from '../../../server/auth/auth-router.ts'
import { type Authenticator, createAuthenticator } from '../../../server/auth/authenticator.ts'
import { type AuthParts, openAuth } from '../../../server/auth/parts.ts'
import { type Config, configFrom } from '../../../server/config/config.ts'
import { outcomeOf } from '../../../server/outcome/render.ts'
import { silentLog } from '../../../server/store/log.ts'
import { createStore } from '../../../server/store/store.ts'
import type { Store, TableDoc } from '../../../server/store/types.ts'
import { type TestDatabase, testDatabase } from '../../support/mongo.ts'

export interface KeyPair {
  private: JWK
  public: JWK
}

export async function keyPair(alg: 'ES384' | 'RS384' | 'RS256', kid: string): Promise<KeyPair> {
  const pair = await generateKeyPair(alg, { extractable: true })
  const named = { alg, use: 'sig', kid }
  return { private: { ...(await exportJWK(pair.privateKey)), ...named }, public: { ...(await exportJWK(pair.publicKey)), ...named } }
}

export interface Running {
  config: Config
  /** where it listens, which is also PUBLIC_URL */
  url: string
  store: Store
  database: TestDatabase
  parts: AuthParts
  authenticate: Authenticator
  keys: Record<'ward' | 'rsa' | 'research' | 'patient' | 'guardian' | 'loader' | 'engine', KeyPair>
  /** milliseconds by which the server's clock is ahead of the real one */
  ahead: number
  /** reasons in the log, newest last */
  reasons: string[]
  /** another process on the same database */
  again(): Promise<AuthParts>
  close(): Promise<void>
}

const ORGANIZATIONS = [
  { id: 'H1', kind: 'hospital', name: '示例医院' },
  { id: 'U1', kind: 'university', name: '示例大学' },
]

function clientsOf(keys: Running['keys']): unknown[] {
  const client = (client_id: string, key: KeyPair, rest: object) => ({ client_id, jwks: { keys: [key.public] }, ...rest })
  const hospital = { party: 'hospital', organization: 'H1' }
  return [
    client('h1-ward', keys.ward, {
      ...hospital,
      role: 'clinician',
      purposes: ['TREAT', 'ETREAT', 'BTG'],
      scopes: 'system/*.rs user/*.cruds patient/*.rs',
      vouchUsers: true,
    }),
    client('h1-rsa', keys.rsa, { ...hospital, role: 'clerk', purposes: ['HPAYMT'], scopes: 'system/Claim.rs system/Coverage.r' }),
    client('h1-engine', keys.engine, { ...hospital, purposes: ['HOPERAT'], scopes: 'system/*.cu' }),
    client('researcher', keys.research, {
      party: 'researcher',
      organization: 'U1',
      role: 'researcher',
      purposes: ['HRESCH', 'CLINTRCH'],
      scopes: 'system/*.rs',
      forms: ['PSEUD', 'ANON'],
      studies: ['S1'],
      foreign: true,
    }),
    client('patient-app', keys.patient, {
      party: 'patient',
      purposes: ['PATRQT'],
      scopes: 'patient/*.rs patient/Consent.cru',
      vouchUsers: true,
    }),
    client('guardian-app', keys.guardian, {
      party: 'guardian',
      purposes: ['FAMRQT', 'PATRQT'],
      scopes: 'patient/*.rs user/*.rs',
      vouchUsers: true,
    }),
    client('loader', keys.loader, { party: 'operator', purposes: ['SYSADMIN'], scopes: 'system/*.cruds' }),
  ]
}

async function start(running: Running, more: (keys: Running['keys']) => object, variables: Record<string, string>): Promise<void> {
  const [ward, rsa, research, patient, guardian, loader, engine] = await Promise.all([
    keyPair('ES384', 'w1'),
    keyPair('RS384', 'r1'),
    keyPair('ES384', 'u1'),
    keyPair('ES384', 'p1'),
    keyPair('ES384', 'g1'),
    keyPair('ES384', 'l1'),
    keyPair('RS256', 'e1'),
  ])
  const keys = { ward, rsa, research, patient, guardian, loader, engine }
  const database = await testDatabase()
  const store = await createStore({ uri: database.uri, database: database.database, log: silentLog, poolSize: 8 })
  const app = express()
  const server: Server = await new Promise((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening))
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const content = { organizations: ORGANIZATIONS, clients: clientsOf(keys), ...more(keys) }
  const config = configFrom(JSON.stringify(content), { PUBLIC_URL: url, ...variables })
  Object.assign(running, { config, url, store, database, keys, ahead: 0, reasons: [] })
  const note = (fields: Record<string, unknown>) => running.reasons.push(String(fields.why ?? ''))
  running.again = () =>
    openAuth({
      config,
      table: <T extends TableDoc>(name: string) => store.table<T>(systemDecision('authorization server'), name),
      now: () => new Date(Date.now() + running.ahead),
      log: { info: (fields) => note(fields), warn: (fields) => note(fields) },
    })
  running.parts = await running.again()
  running.authenticate = createAuthenticator(running.parts)
  app.use('/auth', authRouter(running.parts))
  // The least of a resource server: who does it think is asking?
  app.get('/whoami', (request, response) => {
    running.authenticate(request).then(
      (actor) => response.json(actor),
      (error: unknown) => {
        const { status, outcome, headers } = outcomeOf(error)
        response.status(status).set(headers).json(outcome)
      },
    )
  })
  running.close = async () => {
    await new Promise((resolve) => server.close(resolve))
    await store.close()
    await database.drop()
  }
}

/** Starts before all tests of a file and stops after them; the members are there once the tests run. `more`: further keys of the file. */
export function running(more: (keys: Running['keys']) => object = () => ({}), variables: Record<string, string> = {}): Running {
  const holder = {} as Running
  beforeAll(() => start(holder, more, variables))
  afterAll(() => holder.close())
  return holder
}
