/** fhir-kit-client (npm), as its own documentation uses it. */
import type { Bundle, OperationOutcome, Resource } from '@medplum/fhirtypes'
import { Client } from 'fhir-kit-client'
import { expectThat } from '../steps.ts'
import type { Adapter, Failure, Target } from './adapter.ts'
import { filesOf, type Manifest, manifestOf } from './bulk.ts'

type Sent = { resourceType: string } & Record<string, unknown>
const sent = (resource: object): Sent => resource as Sent

export function fhirKit({ base, access }: Target): Adapter {
  const client = new Client({ baseUrl: base })
  let token: string | undefined

  const adapter = {
    async start() {
      expectThat('fhirVersion', (await client.capabilityStatement()).fhirVersion, '4.0.1')
      const { tokenUrl } = await client.smartAuthMetadata()
      if (!access || !tokenUrl) return
      token = await access.token(tokenUrl.href)
      client.bearerToken = token
    },
    create: (resource: Resource, ifNoneExist?: string) =>
      client.create({
        resourceType: resource.resourceType,
        body: sent(resource),
        options: ifNoneExist === undefined ? {} : { headers: { 'If-None-Exist': ifNoneExist } },
      }),
    read: (resourceType: string, id: string, version?: string) =>
      version === undefined ? client.read({ resourceType, id }) : client.vread({ resourceType, id, version }),
    update: (resource: Resource, ifMatch: string) =>
      client.update({
        resourceType: resource.resourceType,
        id: resource.id ?? '',
        body: sent(resource),
        options: { headers: { 'If-Match': ifMatch } },
      }),
    search: (resourceType: string, searchParams: Record<string, string>) => client.search({ resourceType, searchParams }),
    async allPages(resourceType: string, searchParams: Record<string, string>) {
      const resources: Resource[] = []
      let page: Bundle | undefined = (await client.search({ resourceType, searchParams })) as unknown as Bundle
      while (page) {
        resources.push(...(page.entry ?? []).flatMap(({ resource }) => (resource ? [resource] : [])))
        page = (await client.nextPage({ bundle: page as never })) as unknown as Bundle | undefined
      }
      return resources
    },
    searchByPost: (resourceType: string, searchParams: Record<string, string>) =>
      client.search({ resourceType, searchParams, options: { postSearch: true } }),
    bundle: (bundle: Bundle) =>
      bundle.type === 'batch' ? client.batch({ body: sent(bundle) }) : client.transaction({ body: sent(bundle) }),
    jsonPatch: (resourceType: string, id: string, jsonPatch: object[]) => client.patch({ resourceType, id, jsonPatch: jsonPatch as never }),
    fhirPathPatch: (type: string, id: string, parameters: Resource) =>
      client.request(`${type}/${id}`, {
        method: 'PATCH',
        options: { headers: { 'Content-Type': 'application/fhir+json' } },
        body: sent(parameters),
      }),
    history: (type?: string, id?: string, query?: Record<string, string>) => {
      if (query) return client.request(`${type === undefined ? '' : `${type}/`}_history?${new URLSearchParams(query)}`)
      return client.history({ ...(type === undefined ? {} : { resourceType: type }), ...(id === undefined ? {} : { id }) })
    },
    everything: (id: string) => client.operation({ name: 'everything', resourceType: 'Patient', id, method: 'GET' }),
    validate: (resource: Resource) =>
      client.operation({ name: 'validate', resourceType: resource.resourceType, input: sent(resource) as never }),
    async export(types: string[]) {
      const kickOff = await client.request(`$export?_type=${types.join(',')}`, { options: { headers: { Prefer: 'respond-async' } } })
      const status = Client.httpFor(kickOff).response?.headers.get('content-location') ?? ''
      const manifest = await manifestOf(async () => {
        const answer = await client.request(status)
        return Client.httpFor(answer).response?.status === 200 ? (answer as unknown as Manifest) : undefined
      })
      return filesOf(manifest, token)
    },
    async delete(resourceType: string, id: string) {
      await client.delete({ resourceType, id })
    },
    failureOf(error: unknown): Failure {
      const { response } = error as { response?: { status: number; data: OperationOutcome } }
      if (!response) throw error
      return { status: response.status, code: response.data.issue?.[0]?.details?.coding?.[0]?.code ?? '' }
    },
  }
  // The client's own types know resources as records only.
  return adapter as unknown as Adapter
}
