/**
 * TerminologyCapabilities (R4 terminologycapabilities.html; `metadata?mode=terminology`): the code systems that come with the server or
 * were loaded, and what can be asked. It is the same for everybody: what is stored is found by searches.
 */
import { createHash } from 'node:crypto'
import { FHIR_JSON } from '../outcome/render.ts'
import type { FhirDeps, FhirResponse } from './types.ts'

const STARTED = new Date().toISOString()
let made: { deps: FhirDeps['definitions']; baseUrl: string; loaded: string; answer: FhirResponse } | undefined

export async function terminologyCapabilities(deps: FhirDeps): Promise<FhirResponse> {
  const listed = await deps.kept.listed()
  const loaded = JSON.stringify(listed)
  if (made?.deps !== deps.definitions || made.baseUrl !== deps.baseUrl || made.loaded !== loaded) {
    const text = JSON.stringify(statementOf(deps, listed))
    const ETag = `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
    const answer = { status: 200, headers: { 'Content-Type': FHIR_JSON, ETag }, body: [Buffer.from(text)] }
    made = { deps: deps.definitions, baseUrl: deps.baseUrl, loaded, answer }
  }
  return made.answer
}

const FILTER =
  'filter：显示名、译名中的词（可多个，须全部出现）、代码的开头、汉语拼音全拼或首字母 / words of displays and designations (all of them), the beginning of the code, full pinyin or its initials'

type Listed = Awaited<ReturnType<FhirDeps['kept']['listed']>>

/** Versions that were loaded go before those that come with the server. */
function systemsOf(deps: FhirDeps, loaded: Listed): Listed {
  const all = new Map<string, readonly string[]>()
  for (const { url, versions } of [...loaded, ...deps.definitions.systems()])
    all.set(url, [...new Set([...(all.get(url) ?? []), ...versions])])
  return [...all].map(([url, versions]) => ({ url, versions }))
}

function statementOf(deps: FhirDeps, loaded: Listed): unknown {
  return {
    resourceType: 'TerminologyCapabilities',
    url: `${deps.baseUrl}/metadata?mode=terminology`,
    name: 'Yilian',
    status: 'active',
    date: STARTED,
    kind: 'instance',
    implementation: { description: '医联 FHIR R4 术语服务', url: deps.baseUrl },
    codeSystem: systemsOf(deps, loaded).map(({ url, versions }) => ({
      uri: url,
      ...(versions.length > 0 ? { version: versions.map((code, at) => ({ code, isDefault: at === 0 })) } : {}),
      subsumption: true,
    })),
    expansion: {
      hierarchical: true,
      paging: true,
      incomplete: false,
      parameter: EXPANSION_PARAMETERS.map((name) => ({ name })),
      textFilter: FILTER,
    },
    codeSearch: 'explicit',
    validateCode: { translations: true },
    translation: { needsMap: false },
    closure: { translation: false },
  }
}

const EXPANSION_PARAMETERS = [
  'filter',
  'offset',
  'count',
  'displayLanguage',
  'includeDesignations',
  'designation',
  'includeDefinition',
  'activeOnly',
  'excludeNested',
  'excludeNotForUI',
  'excludePostCoordinated',
  'exclude-system',
  'system-version',
  'check-system-version',
  'force-system-version',
  'useSupplement',
]
