/** fhirclient (npm), the SMART project's client, on a server: FHIR.Client with an address, and with a token response. */
import type { Bundle, OperationOutcome, Resource } from '@medplum/fhirtypes'
import { expectThat } from '../steps.ts'
import type { Adapter, Failure, Query, Target } from './adapter.ts'
import { filesOf, type Manifest, manifestOf } from './bulk.ts'

interface Options {
  method?: string
  body?: string
  headers?: Record<string, string>
  includeResponse?: boolean
}

/** The part of fhirclient that is used here: it is no dependency, the runner installs it. */
export interface SmartClient {
  request(url: string | (Options & { url: string }), fhir?: { pageLimit?: number; flat?: boolean }): Promise<unknown>
  create(resource: Resource, options?: Options): Promise<unknown>
  update(resource: Resource, options?: Options): Promise<unknown>
  patch(url: string, operations: object[]): Promise<unknown>
  delete(url: string): Promise<unknown>
  resources(url: string): AsyncIterable<Resource>
  getFhirVersion(): Promise<string>
}

export type Smart = (request: object, response: object, storage: object) => { client(state: object): SmartClient }

const FHIR = 'application/fhir+json'
const query = (of: Query): string => new URLSearchParams(of).toString()

export function smart(library: Smart, { base, access }: Target): Adapter {
  // What its adapter for a web server is given: a request, a response, and where it keeps its state.
  const api = library({ headers: { host: new URL(base).host }, url: '/' }, {}, { get: async () => undefined, set: async () => undefined })
  let client = api.client({ serverUrl: base })
  let token: string | undefined
  const post = (url: string, body: object): Promise<unknown> =>
    client.request({ url, method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': FHIR } })

  const adapter = {
    async start() {
      expectThat('fhirVersion', await client.getFhirVersion(), '4.0.1')
      const known = (await client.request('.well-known/smart-configuration')) as { token_endpoint: string }
      if (!access) return
      token = await access.token(known.token_endpoint)
      client = api.client({ serverUrl: base, tokenResponse: { access_token: token, token_type: 'bearer' } })
    },
    create: (resource: Resource, ifNoneExist?: string) =>
      client.create(resource, ifNoneExist === undefined ? {} : { headers: { 'If-None-Exist': ifNoneExist } }),
    read: (type: string, id: string, version?: string) =>
      client.request(`${type}/${id}${version === undefined ? '' : `/_history/${version}`}`),
    update: (resource: Resource, ifMatch: string) => client.update(resource, { headers: { 'If-Match': ifMatch } }),
    search: (type: string, asked: Query) => client.request(`${type}?${query(asked)}`),
    async allPages(type: string, asked: Query) {
      const url = `${type}?${query(asked)}`
      const each: Resource[] = []
      for await (const resource of client.resources(url)) each.push(resource)
      const flat = (await client.request(url, { pageLimit: 0, flat: true })) as Resource[]
      expectThat(
        'pages by request()',
        flat.map(({ id }) => id),
        each.map(({ id }) => id),
      )
      return each
    },
    searchByPost: (type: string, asked: Query) =>
      client.request({
        url: `${type}/_search`,
        method: 'POST',
        body: query(asked),
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      }),
    bundle: (bundle: Bundle) => post('', bundle),
    jsonPatch: (type: string, id: string, operations: object[]) => client.patch(`${type}/${id}`, operations),
    fhirPathPatch: (type: string, id: string, parameters: Resource) =>
      client.request({ url: `${type}/${id}`, method: 'PATCH', body: JSON.stringify(parameters), headers: { 'Content-Type': FHIR } }),
    history: (type?: string, id?: string, asked: Query = {}) =>
      client.request(`${[type, id, '_history'].filter((part) => part !== undefined).join('/')}?${query(asked)}`),
    everything: (id: string) => client.request(`Patient/${id}/$everything`),
    validate: (resource: Resource) => post(`${resource.resourceType}/$validate`, resource),
    async export(types: string[]) {
      const asked = { url: `$export?_type=${types.join(',')}`, headers: { Prefer: 'respond-async', Accept: FHIR }, includeResponse: true }
      const { response } = (await client.request(asked)) as { response: Response }
      const url = response.headers.get('content-location') ?? ''
      const manifest = await manifestOf(async () => {
        const answer = (await client.request({ url, includeResponse: true })) as { body: Manifest; response: Response }
        return answer.response.status === 200 ? answer.body : undefined
      })
      return filesOf(manifest, token)
    },
    async delete(type: string, id: string) {
      await client.delete(`${type}/${id}`)
    },
    failureOf(error: unknown): Failure {
      const { status, message } = error as { status?: number; message: string }
      if (status === undefined) throw error
      // The client shows the outcome as the end of its message.
      const outcome = JSON.parse(message.slice(message.indexOf('{'))) as OperationOutcome
      return { status, code: outcome.issue?.[0]?.details?.coding?.[0]?.code ?? '' }
    },
  }
  return adapter as unknown as Adapter
}
