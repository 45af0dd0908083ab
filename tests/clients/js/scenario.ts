/** The steps, as a client of JavaScript does them. */
import { randomUUID } from 'node:crypto'
import type { Bundle, Encounter, Observation, OperationOutcome, Patient, Resource } from '@medplum/fhirtypes'
import { expectThat, type Result, runSteps } from '../steps.ts'
import type { Adapter, Failure, Held } from './adapter.ts'

const SYSTEM = 'urn:yilian:check-clients'
const OBSERVATIONS = 7
const PAGE = 3

export function runScenario(client: Adapter): Promise<Result[]> {
  // Clients that share a server do not meet each other's data.
  const run = randomUUID().slice(0, 8)
  const identifier = (value: string) => [{ system: SYSTEM, value: `${run}-${value}` }]
  const token = (value: string): string => `${SYSTEM}|${run}-${value}`
  let patient = {} as Held<Patient>
  let observations: Held<Observation>[] = []

  const expectFailure = async (what: string, expected: Required<Failure>, call: () => Promise<unknown>): Promise<void> => {
    const refused = await call().then(
      () => undefined,
      (error: unknown) => client.failureOf(error),
    )
    expectThat(what, refused && { ...expected, ...refused }, expected)
  }
  const patientOf = (value: string): Patient => ({
    resourceType: 'Patient',
    identifier: identifier(value),
    name: [{ text: '欧阳明月', family: '欧阳', given: ['明月'] }],
    gender: 'female',
    birthDate: '1980-02-29',
  })
  const observationOf = (value: string, subject: string): Observation => ({
    resourceType: 'Observation',
    identifier: identifier(value),
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '2345-7' }], text: '葡萄糖' },
    subject: { reference: subject },
    valueQuantity: { value: 5.6, unit: 'mmol/L', system: 'http://unitsofmeasure.org', code: 'mmol/L' },
  })

  return runSteps({
    start: () => client.start(),

    async create() {
      patient = await client.create(patientOf('patient'))
      expectThat('version', patient.meta.versionId, '1')
      const again = await client.create(patientOf('patient'), `identifier=${token('patient')}`)
      expectThat('id under If-None-Exist', again.id, patient.id)
    },

    async read() {
      const read = await client.read<Patient>('Patient', patient.id)
      expectThat('name', read.name?.[0]?.text, '欧阳明月')
      expectThat('version', (await client.read('Patient', patient.id, '1')).meta.versionId, '1')
    },

    async update() {
      const changed = { ...patient, telecom: [{ system: 'phone', value: '010-00000000' }] } as Held<Patient>
      const updated = await client.update<Patient>(changed, 'W/"1"')
      expectThat('version', updated.meta.versionId, '2')
      await expectFailure('stale', { status: 412, code: 'version-conflict' }, () => client.update<Patient>(changed, 'W/"1"'))
    },

    async chain() {
      observations = []
      for (let at = 0; at < OBSERVATIONS; at++) observations.push(await client.create(observationOf(`o${at}`, `Patient/${patient.id}`)))
      const chained = { 'subject:Patient.name': 'ouyang', 'patient.identifier': token('patient'), _count: '50' }
      expectThat('chain', ids(await client.search('Observation', chained)), sorted(observations))
      const has = { '_has:Observation:patient:identifier': token('o1'), 'name:exact': '欧阳' }
      expectThat('_has', ids(await client.search('Patient', has)), [patient.id])
    },

    async include() {
      const included = await client.search('Observation', { identifier: token('o1'), _include: 'Observation:subject' })
      expectThat('_include', modes(included), ['Observation match', 'Patient include'])
      const reverse = await client.search('Patient', { identifier: token('patient'), _revinclude: 'Observation:subject' })
      expectThat('_revinclude', modes(reverse), ['Patient match', ...observations.map(() => 'Observation include')])
    },

    async paging() {
      const all = await client.allPages('Observation', { subject: `Patient/${patient.id}`, _count: String(PAGE) })
      expectThat('all pages', all.map(({ id }) => id).sort(), sorted(observations))
    },

    async post() {
      const found = await client.searchByPost('Patient', { identifier: token('patient'), name: '欧阳' })
      expectThat('matches', ids(found), [patient.id])
    },

    async transaction() {
      const [person, visit] = [`urn:uuid:${randomUUID()}`, `urn:uuid:${randomUUID()}`]
      const encounter: Encounter = {
        resourceType: 'Encounter',
        identifier: identifier('visit'),
        status: 'finished',
        class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
        subject: { reference: person },
      }
      const observation = { ...observationOf('within', person), encounter: { reference: visit } }
      const answer = await client.bundle({
        resourceType: 'Bundle',
        type: 'transaction',
        entry: [
          { fullUrl: visit, resource: encounter, request: { method: 'POST', url: 'Encounter' } },
          { resource: observation, request: { method: 'POST', url: 'Observation' } },
          { fullUrl: person, resource: patientOf('second'), request: { method: 'POST', url: 'Patient' } },
        ],
      })
      expectThat('statuses', statuses(answer), ['201', '201', '201'])
      const [encounterAt, , patientAt] = (answer.entry ?? []).map(
        ({ response }) => /(\w+\/[^/]+)\/_history/.exec(response?.location ?? '')?.[1],
      )
      const stored = (await client.search('Observation', { identifier: token('within') })).entry?.[0]?.resource as Observation
      expectThat('references', [stored.encounter?.reference, stored.subject?.reference], [encounterAt, patientAt])
    },

    async batch() {
      const answer = await client.bundle({
        resourceType: 'Bundle',
        type: 'batch',
        entry: [
          { request: { method: 'GET', url: `Patient/${patient.id}` } },
          { request: { method: 'GET', url: `Observation?subject=Patient/${patient.id}&_summary=count` } },
          { request: { method: 'GET', url: 'Patient/nobody' } },
          { resource: patientOf('third'), request: { method: 'POST', url: 'Patient' } },
        ],
      })
      expectThat('statuses', statuses(answer), ['200', '200', '404', '201'])
      expectThat('count', (answer.entry?.[1]?.resource as Bundle | undefined)?.total, OBSERVATIONS)
    },

    async patch() {
      const operations = [
        { op: 'test', path: '/gender', value: 'female' },
        { op: 'add', path: '/address', value: [{ text: '示例市示例路1号' }] },
      ]
      const patched = await client.jsonPatch<Patient>('Patient', patient.id, operations)
      expectThat('address', patched.address?.[0]?.text, '示例市示例路1号')
    },

    async fhirPathPatch() {
      const part = [
        { name: 'type', valueCode: 'replace' },
        { name: 'path', valueString: 'Patient.birthDate' },
        { name: 'value', valueDate: '1980-03-01' },
      ]
      const patched = await client.fhirPathPatch<Patient>('Patient', patient.id, {
        resourceType: 'Parameters',
        parameter: [{ name: 'operation', part }],
      })
      expectThat('birthDate', patched.birthDate, '1980-03-01')
    },

    async history() {
      const history = await client.history('Patient', patient.id)
      const newest = (await client.read('Patient', patient.id)).meta.versionId
      const versions = (history.entry ?? []).map(({ resource }) => Number(resource?.meta?.versionId))
      expectThat(
        'versions',
        versions,
        Array.from({ length: Number(newest) }, (_, at) => Number(newest) - at),
      )
    },

    async historyMany() {
      const ofType = await client.history('Observation', undefined, { _count: '2' })
      expectThat('of the type', [ofType.type, ofType.entry?.length], ['history', 2])
      expectThat('of the system', (await client.history(undefined, undefined, { _count: '2' })).entry?.length, 2)
    },

    async everything() {
      const found = await client.everything(patient.id)
      const types = (found.entry ?? []).map(({ resource }) => resource?.resourceType)
      expectThat('the patient', types.filter((type) => type === 'Patient').length, 1)
      expectThat('Observations', types.filter((type) => type === 'Observation').length, OBSERVATIONS)
    },

    async validate() {
      expectThat('right', severities(await client.validate(patientOf('valid'))), ['information'])
      const wrong = { ...patientOf('wrong'), gender: 'nobody' } as unknown as Patient
      expectThat('wrong', severities(await client.validate(wrong)), ['error'])
    },

    async export() {
      const files = await client.export(['Patient', 'Observation'])
      expectThat('types', files.map(({ type }) => type).sort(), ['Observation', 'Patient'])
      const lines = files.flatMap(({ text }) => text.split('\n').filter((line) => line !== ''))
      const exported = lines.map((line) => (JSON.parse(line) as Resource).id)
      for (const { id } of [patient, ...observations]) expectThat(`lines of ${id}`, exported.filter((one) => one === id).length, 1)
    },

    async delete() {
      const [first] = observations
      await client.delete('Observation', first?.id ?? '')
      await expectFailure('afterwards', { status: 410, code: 'gone' }, () => client.read('Observation', first?.id ?? ''))
    },

    async error() {
      const wrong = { ...patientOf('wrong'), birthDate: 'yesterday' }
      await expectFailure('content', { status: 400, code: 'value-format' }, () => client.create(wrong))
      await expectFailure('absent', { status: 404, code: 'not-found' }, () => client.read('Patient', 'nobody'))
      await expectFailure('search', { status: 400, code: 'parameter-invalid' }, () => client.search('Patient', { birthdate: 'yesterday' }))
    },
  })
}

const sorted = (resources: readonly { id: string }[]): string[] => resources.map(({ id }) => id).sort()
const ids = (bundle: Bundle): (string | undefined)[] => (bundle.entry ?? []).map(({ resource }) => resource?.id).sort()
const modes = (bundle: Bundle): string[] => (bundle.entry ?? []).map(({ resource, search }) => `${resource?.resourceType} ${search?.mode}`)
const statuses = (bundle: Bundle): string[] => (bundle.entry ?? []).map(({ response }) => String(response?.status).slice(0, 3))
const severities = (outcome: Resource): string[] => ((outcome as OperationOutcome).issue ?? []).map(({ severity }) => severity)
