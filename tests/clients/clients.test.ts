/** The clients that are packages of this project, against a server of each kind; all five: `npm run check:clients`. */
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { startTestServer } from '../support/server.ts'
import { accessWith, CLIENT_ID } from './access.ts'
import { fhirKit } from './js/fhir-kit.ts'
import { medplum } from './js/medplum.ts'
import { runScenario } from './js/scenario.ts'
import { type Result, STEPS } from './steps.ts'

const CLIENTS = [
  ['fhir-kit-client', fhirKit, []],
  ['@medplum/core', medplum, ['fhirPathPatch']],
] as const

test.each([
  ['no access control', true],
  ['tokens', false],
])(
  'every step passes: %s',
  async (_name, noAuth) => {
    const server = await startTestServer({ noAuth })
    try {
      const access = noAuth ? {} : { access: await accessWith(join(server.folder, 'demo-keys', `${CLIENT_ID}.json`)) }
      for (const [name, adapter, without] of CLIENTS) {
        const results = await runScenario(adapter({ base: `${server.url}/fhir`, ...access }))
        const of = (outcome: Result['outcome']) => results.filter((result) => result.outcome === outcome)
        expect([name, of('failed')]).toEqual([name, []])
        expect([name, of('none').map(({ step }) => step)]).toEqual([name, without])
        expect([name, of('passed').length]).toEqual([name, Object.keys(STEPS).length - without.length])
      }
    } finally {
      await server.stop()
    }
  },
  120_000,
)
