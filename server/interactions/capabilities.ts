/** CapabilityStatement (R4 http.html#capabilities), built from what is registered; the same for everybody. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { SUBSCRIPTION } from '../access/subscriber.ts'
import { RESOURCE_TYPES } from '../fhir/resource-types.ts'
import { EVENT_SYSTEM, EVENTS } from '../operations/message/events.ts'
import { MESSAGE_LIFE_MS } from '../operations/message/tables.ts'
import { operationsOn } from '../operations/registry.ts'
import { FHIR_JSON } from '../outcome/render.ts'
import { paramError } from '../search/parse/names.ts'
import { SERVER_STATEMENT, SUBSCRIPTION_PROFILE } from '../subscriptions/backport.ts'
import { SOCKET_EXTENSION, socketUrl } from '../subscriptions/socket-address.ts'
import { TOPIC_EXTENSION, TOPICS } from '../subscriptions/topics.ts'
import { COMPARTMENTS } from './compartments.ts'
import { PATCH_FORMATS } from './patch-formats.ts'
import { terminologyCapabilities } from './terminology-capabilities.ts'
import { ANY_TYPE } from './type-list.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from './types.ts'

const SOFTWARE = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
const STARTED = new Date().toISOString()

const MODES: ReadonlySet<string> = new Set(['full', 'normative', 'terminology'])

let made: { baseUrl: string; conditionalDelete: string; revision: number; answer: FhirResponse } | undefined

/** Its ETag changes with the statement (R4 http.html#capabilities). @throws OutcomeError parameter-invalid */
export function capabilities(deps: FhirDeps, { query }: Pick<FhirRequest, 'query'>): Promise<FhirResponse> {
  const mode = query.find(([name]) => name === 'mode')?.[1] ?? 'full'
  // What is normative in R4 is told with all else: `normative` may say more, and never less.
  if (!MODES.has(mode)) throw paramError('parameter-invalid', 'mode')
  if (mode === 'terminology') return terminologyCapabilities(deps)
  const { baseUrl, conditionalDelete } = deps
  const { revision } = deps.search
  if (made?.baseUrl !== baseUrl || made.conditionalDelete !== conditionalDelete || made.revision !== revision) {
    const text = JSON.stringify(statementOf(deps))
    const ETag = `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
    const answer = { status: 200, headers: { 'Content-Type': FHIR_JSON, ETag }, body: [Buffer.from(text)] }
    made = { baseUrl, conditionalDelete, revision, answer }
  }
  return Promise.resolve(made.answer)
}

function statementOf(deps: FhirDeps): unknown {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: STARTED,
    kind: 'instance',
    instantiates: [SERVER_STATEMENT],
    software: { name: 'Yilian 医联', version: SOFTWARE.version },
    implementation: { description: '医联 FHIR R4 互操作服务器', url: deps.baseUrl },
    fhirVersion: '4.0.1',
    format: ['json', 'application/fhir+json', 'xml', 'application/fhir+xml'],
    patchFormat: PATCH_FORMATS,
    rest: [
      {
        extension: [{ url: SOCKET_EXTENSION, valueUri: socketUrl(deps.baseUrl) }],
        mode: 'server',
        documentation: UPDATE_CREATE,
        security: securityOf(deps),
        resource: [...RESOURCE_TYPES].map((type) => resourceOf(deps, type)),
        interaction: SYSTEM_INTERACTIONS.map((code) => ({ code })),
        searchParam: searchParamsOf(deps, ANY_TYPE),
        operation: operationsOn('system'),
        compartment: COMPARTMENTS.map((name) => `http://hl7.org/fhir/CompartmentDefinition/${name[0]?.toLowerCase()}${name.slice(1)}`),
      },
    ],
    messaging: [messagingOf(deps.baseUrl)],
  }
}

const messagingOf = (baseUrl: string): unknown => ({
  endpoint: [
    {
      protocol: { system: 'http://terminology.hl7.org/CodeSystem/message-transport', code: 'http' },
      address: `${baseUrl}/$process-message`,
    },
  ],
  // In minutes.
  reliableCache: MESSAGE_LIFE_MS / 60_000,
  documentation: EVENTS.map(({ code, zh, en }) => `${EVENT_SYSTEM}#${code}：${zh} / ${en}`).join('\n\n'),
})

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
  'updateCreate：仅运维方（operator），及登记了 id 前缀（createIds）的客户端在其前缀下，可用 PUT 新建；其余未用的 id 一律为 404 / updateCreate: only an operator creates by PUT, and a client that is registered with a beginning of ids (createIds) under ids that begin so; every other id that is free answers 404'

const SYSTEM_INTERACTIONS = ['transaction', 'batch', 'history-system', 'search-system']
const INTERACTIONS = ['read', 'vread', 'update', 'patch', 'delete', 'history-instance', 'history-type', 'create', 'search-type'].map(
  (code) => ({ code }),
)
const CHANGES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete'])
const IMMUTABLE = new Set(['AuditEvent'])

const searchParamsOf = (deps: FhirDeps, type: string): object[] => [
  ...deps.search.parameters(type).map(({ code, type: kind, url }) => ({ name: code, type: kind, definition: url })),
  ...SPECIAL_PARAMETERS,
]

/** Of every type, and no SearchParameter of a type's elements. */
const SPECIAL_PARAMETERS: readonly object[] = [
  { name: '_filter', type: 'special', definition: 'http://hl7.org/fhir/SearchParameter/filter' },
  { name: '_list', type: 'special', documentation: 'List 的 id；不支持功能性列表 / the id of a List; no functional lists' },
]

/** Of searches of one type. */
const CONTAINED_PARAMETERS: readonly object[] = [
  { name: '_contained', type: 'special', documentation: 'true、false 或 both / true, false or both' },
  { name: '_containedType', type: 'special', documentation: 'container 或 contained / container or contained' },
]

const BINARY = 'Binary'
/** What R4 binary.html#rest lets a server choose. */
const OF_CONTENT =
  '内容本身：除非 Accept 要求 FHIR 的形式，read 与 vread 返回其字节（*/* 与未写 Accept 时亦然，脚本除外）；以非 FHIR 的 Content-Type 新建或更新时，正文即内容，X-Security-Context 即 securityContext / The content itself: read and vread answer its bytes unless Accept asks for the form of FHIR (for */* and without Accept, too, but for scripts); create and update take a body of any type that is not FHIR’s as the content, and X-Security-Context as securityContext'

function resourceOf(deps: FhirDeps, type: string): unknown {
  const parameters = deps.search.parameters(type)
  const demanded = deps.validator.demandedFor(type)
  const references = parameters.filter((parameter) => parameter.type === 'reference')
  // What there is none of is left out: FHIR has no empty lists (R4 json.html).
  const listed = <T>(name: string, items: readonly T[]): Record<string, readonly T[]> => (items.length > 0 ? { [name]: items } : {})
  return {
    type,
    // One that every resource of the type has to meet (R4 CapabilityStatement.rest.resource.profile).
    profile: demanded.length === 1 ? demanded[0] : `http://hl7.org/fhir/StructureDefinition/${type}`,
    ...listed('extension', type === SUBSCRIPTION ? TOPICS.map(({ url }) => ({ url: TOPIC_EXTENSION, valueCanonical: url })) : []),
    ...listed('supportedProfile', [...deps.validator.profilesFor(type), ...(type === SUBSCRIPTION ? [SUBSCRIPTION_PROFILE] : [])]),
    ...(type === BINARY ? { documentation: OF_CONTENT } : {}),
    interaction: IMMUTABLE.has(type) ? INTERACTIONS.filter(({ code }) => !CHANGES.has(code)) : INTERACTIONS,
    versioning: 'versioned',
    readHistory: true,
    updateCreate: false,
    conditionalCreate: !IMMUTABLE.has(type),
    conditionalRead: 'full-support',
    conditionalUpdate: !IMMUTABLE.has(type),
    conditionalDelete: IMMUTABLE.has(type) ? 'not-supported' : deps.conditionalDelete,
    ...listed(
      'searchInclude',
      references.map(({ code }) => `${type}:${code}`),
    ),
    searchParam: [...searchParamsOf(deps, type), ...CONTAINED_PARAMETERS],
    ...listed('operation', operationsOn(type)),
  }
}
