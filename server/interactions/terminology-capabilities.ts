/**
 * TerminologyCapabilities (R4 terminologycapabilities.html; `metadata?mode=terminology`): the code systems that come with the server, and
 * what can be asked. It is the same for everybody: what is stored is found by searches.
 */
import { createHash } from 'node:crypto'
import { FHIR_JSON } from '../outcome/render.ts'
import type { FhirDeps, FhirResponse } from './types.ts'

const STARTED = new Date().toISOString()
let made: { deps: FhirDeps['definitions']; baseUrl: string; answer: FhirResponse } | undefined

export function terminologyCapabilities(deps: FhirDeps): FhirResponse {
  if (made?.deps !== deps.definitions || made.baseUrl !== deps.baseUrl) {
    const text = JSON.stringify(statementOf(deps))
    const ETag = `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
    const answer = { status: 200, headers: { 'Content-Type': FHIR_JSON, ETag }, body: [Buffer.from(text)] }
    made = { deps: deps.definitions, baseUrl: deps.baseUrl, answer }
  }
  return made.answer
}

const FILTER =
  'filter：显示名、译名中的词（可多个，须全部出现）、代码的开头、汉语拼音全拼或首字母 / words of displays and designations (all of them), the beginning of the code, full pinyin or its initials'

function statementOf(deps: FhirDeps): unknown {
  return {
    resourceType: 'TerminologyCapabilities',
    url: `${deps.baseUrl}/metadata?mode=terminology`,
    name: 'Yilian',
    status: 'active',
    date: STARTED,
    kind: 'instance',
    implementation: { description: '医联 FHIR R4 术语服务', url: deps.baseUrl },
    codeSystem: deps.definitions.systems().map(({ url, versions }) => ({
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
]
