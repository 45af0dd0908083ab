/** @medplum/core (npm). Where FHIR and the tokens are is said to it, as for every server that is not Medplum's own. */
import { MedplumClient, normalizeOperationOutcome, OperationOutcomeError } from '@medplum/core'
import type { Bundle, Resource, ResourceType } from '@medplum/fhirtypes'
import { expectThat, NoSuchCall } from '../steps.ts'
import type { Adapter, Failure, Query, Target } from './adapter.ts'
import { filesOf, type Manifest } from './bulk.ts'

const POLL_MS = 100

export function medplum({ base, access }: Target): Adapter {
  const root = base.replace(/fhir\/?$/, '')
  const client = new MedplumClient({ baseUrl: root, fhirUrlPath: 'fhir', tokenUrl: 'auth/token' })
  const tagged = (ifMatch: string) => ({ headers: { 'If-Match': ifMatch } })

  const adapter = {
    async start() {
      expectThat('fhirVersion', (await client.get(client.fhirUrl('metadata'))).fhirVersion, '4.0.1')
      if (!access) return
      await client.startJwtAssertionLogin(await access.assertion(client.getTokenUrl()))
      expectThat('logged in', client.isAuthenticated(0), true)
    },
    create: (resource: Resource, ifNoneExist?: string) =>
      ifNoneExist === undefined ? client.createResource(resource) : client.createResourceIfNoneExist(resource, ifNoneExist),
    read: (type: ResourceType, id: string, version?: string) =>
      version === undefined ? client.readResource(type, id) : client.readVersion(type, id, version),
    update: (resource: Resource, ifMatch: string) => client.updateResource(resource, tagged(ifMatch)),
    search: (type: ResourceType, query: Query) => client.search(type, query),
    async allPages(type: ResourceType, query: Query) {
      const resources: Resource[] = []
      for await (const page of client.searchResourcePages(type, query)) resources.push(...page)
      return resources
    },
    searchByPost: (type: ResourceType, query: Query) =>
      client.post(client.fhirUrl(type, '_search'), new URLSearchParams(query).toString(), 'application/x-www-form-urlencoded'),
    bundle: (bundle: Bundle) => client.executeBatch(bundle),
    jsonPatch: (type: ResourceType, id: string, operations: object[]) => client.patchResource(type, id, operations as never),
    fhirPathPatch: () => Promise.reject(new NoSuchCall('its patch is JSON Patch always')),
    history: (type?: ResourceType, id?: string, query: Query = {}) =>
      type !== undefined && id !== undefined
        ? client.readHistory(type, id)
        : client.get(`${client.fhirUrl(...(type === undefined ? [] : [type]), '_history')}?${new URLSearchParams(query)}`),
    everything: (id: string) => client.readPatientEverything(id),
    // It throws what the server found wrong only where the answer is an error; $validate's is none.
    validate: (resource: Resource) => client.validateResource(resource),
    async export(types: string[]) {
      const options = { pollStatusOnAccepted: true, pollStatusPeriod: POLL_MS }
      const manifest = (await client.bulkExport('', types.join(','), undefined, options)) as unknown as Manifest
      return filesOf(manifest, client.getAccessToken())
    },
    async delete(type: ResourceType, id: string) {
      await client.deleteResource(type, id)
    },
    failureOf(error: unknown): Failure {
      if (!(error instanceof OperationOutcomeError)) throw error
      // The client keeps no status: it knows the outcome alone.
      return { code: normalizeOperationOutcome(error).issue?.[0]?.details?.coding?.[0]?.code ?? '' }
    },
  }
  // The client's own types depend on the type that is asked for.
  return adapter as unknown as Adapter
}
