/** What the tests of PATCH stand on: a patient of one hospital, another's of another, and an Observation of the first that is made anew for each test. */
import { afterAll, beforeAll, beforeEach } from '@jest/globals'
import { custody, encounter, observation, patient, practitioner, putAll } from '../consent/resources.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

export interface PatchSetting {
  server: TestServer
  /** token of the first hospital's engine */
  engine: string
  /** of the Observation that is patched */
  id: string
}

/** The members are there from the first test on. @param code JSON of the Observation's code */
export function patchSetting(code = '{"text":"血糖"}'): PatchSetting {
  const setting = { engine: '', id: '' } as PatchSetting
  beforeAll(async () => {
    setting.server = await startTestServer()
    await putAll(setting.server, await setting.server.token('loader'), [
      practitioner('doc-2'),
      patient('p', { meta: custody('H1') }),
      encounter('visit-p', 'p', 'H2', 'Practitioner/doc-2'),
      patient('q', { meta: custody('H2') }),
      observation('others', 'q', 'x', { meta: custody('H2') }),
    ])
    setting.engine = await setting.server.token('h1-engine')
  }, 60_000)
  afterAll(() => setting.server.stop())

  beforeEach(async () => {
    const body = `{"resourceType":"Observation","identifier":[{"system":"urn:x","value":"${Math.random()}"}],"status":"final",
    "code":${code},"subject":{"reference":"Patient/p"},"valueQuantity":{"value":6.50,"unit":"mmol/L"},"note":[{"text":"a"},{"text":"b"}]}`
    setting.id = (await setting.server.call('POST', '/fhir/Observation', { token: setting.engine, body })).json.id
  })
  return setting
}
