/** CapabilityStatement (R4 http.html#capabilities), built from what is registered; the same for everybody. */
import { readFileSync } from 'node:fs'
import { RESOURCE_TYPES } from '../fhir/resource-types.ts'
import { operationsOn } from '../operations/registry.ts'
import { jsonAnswer } from './answers.ts'
import { JSON_PATCH } from './patch.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from './types.ts'

const SOFTWARE = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
const STARTED = new Date().toISOString()

let made: { baseUrl: string; statement: unknown } | undefined

export function capabilities(deps: FhirDeps, _request: FhirRequest): Promise<FhirResponse> {
  if (made?.baseUrl !== deps.baseUrl) made = { baseUrl: deps.baseUrl, statement: statementOf(deps) }
  return Promise.resolve(jsonAnswer(200, made.statement))
}

function statementOf(deps: FhirDeps): unknown {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: STARTED,
    kind: 'instance',
    software: { name: 'Yilian 医联', version: SOFTWARE.version },
    implementation: { description: '医联 FHIR R4 互操作服务器', url: deps.baseUrl },
    fhirVersion: '4.0.1',
    format: ['json', 'application/fhir+json', 'xml', 'application/fhir+xml'],
    patchFormat: [JSON_PATCH],
    rest: [
      {
        mode: 'server',
        documentation: UPDATE_CREATE,
        security: securityOf(deps),
        resource: [...RESOURCE_TYPES].map((type) => resourceOf(deps, type)),
        interaction: [{ code: 'transaction' }, { code: 'batch' }],
        operation: operationsOn('system'),
      },
    ],
  }
}

function securityOf(deps: FhirDeps): unknown {
  const root = deps.baseUrl.replace(/\/fhir$/, '')
  return {
    cors: false,
    service: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'SMART-on-FHIR' }] }],
    extension: [
      {
        url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
        extension: [{ url: 'token', valueUri: `${root}/auth/token` }],
      },
    ],
  }
}

/** Said in words: `updateCreate` has no place for who it is that asks, and the statement is the same for everybody. */
const UPDATE_CREATE =
  'updateCreate：除运维方（operator）外，PUT 到未用的 id 一律为 404 / updateCreate: only an operator creates by PUT; for all others an id that is free answers 404'

const INTERACTIONS = ['read', 'vread', 'update', 'patch', 'delete', 'history-instance', 'create', 'search-type'].map((code) => ({ code }))
const CHANGES: ReadonlySet<string> = new Set(['update', 'patch', 'delete'])
const IMMUTABLE = new Set(['AuditEvent'])

function resourceOf(deps: FhirDeps, type: string): unknown {
  const parameters = deps.search.parameters(type)
  const references = parameters.filter((parameter) => parameter.type === 'reference')
  // What there is none of is left out: FHIR has no empty lists (R4 json.html).
  const listed = <T>(name: string, items: readonly T[]): Record<string, readonly T[]> => (items.length > 0 ? { [name]: items } : {})
  return {
    type,
    profile: `http://hl7.org/fhir/StructureDefinition/${type}`,
    ...listed('supportedProfile', deps.validator.profilesFor(type)),
    interaction: IMMUTABLE.has(type) ? INTERACTIONS.filter(({ code }) => !CHANGES.has(code)) : INTERACTIONS,
    versioning: 'versioned',
    readHistory: true,
    updateCreate: false,
    conditionalCreate: true,
    conditionalRead: 'full-support',
    conditionalUpdate: true,
    conditionalDelete: 'single',
    ...listed(
      'searchInclude',
      references.map(({ code }) => `${type}:${code}`),
    ),
    searchParam: parameters.map(({ code, type: kind, url }) => ({ name: code, type: kind, definition: url })),
    ...listed('operation', operationsOn(type)),
  }
}
