/** Those who act in the demonstration: each with a client of the demonstration configuration and tokens by the ordinary endpoint. */
import { Client } from 'fhir-kit-client'
import { clientKey, requestToken, type TokenParameters } from '../auth/request-token.ts'
import type { Config } from '../config/config.ts'

export interface FhirResource {
  resourceType: string
  id?: string
  [element: string]: unknown
}

export interface Bundle extends FhirResource {
  total?: number
  entry?: { resource: FhirResource; search?: { mode?: string } }[]
}

export interface Cast {
  url: string
  token(client: string, parameters?: TokenParameters): Promise<string>
  /** a FHIR client of this party */
  as(client: string, parameters?: TokenParameters): Promise<Client>
  /** plain HTTP with a token, for what a FHIR client hides: bytes, status, headers */
  raw(token: string, path: string, init?: RequestInit): Promise<Response>
}

export function createCast(config: Config, url: string): Cast {
  const token = async (client: string, parameters: TokenParameters = {}): Promise<string> => {
    const key = await clientKey(config, client)
    if (!key) throw new Error(`no demonstration key for ${client}`)
    return (await requestToken({ publicUrl: url, clientId: client, key, parameters })).access_token
  }
  return {
    url,
    token,
    as: async (client, parameters) => new Client({ baseUrl: `${url}/fhir`, bearerToken: await token(client, parameters) }),
    raw: (bearer, path, init = {}) => fetch(`${url}${path}`, { ...init, headers: { Authorization: `Bearer ${bearer}`, ...init.headers } }),
  }
}

/** Matches of a searchset. */
export const matches = (bundle: Bundle, type?: string): FhirResource[] =>
  (bundle.entry ?? [])
    .filter(({ search, resource }) => search?.mode !== 'outcome' && (type === undefined || resource.resourceType === type))
    .map(({ resource }) => resource)
