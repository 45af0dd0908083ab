/** SMART v2 scopes, read by whole tokens: what does not match entirely is refused, nothing is read from a part (access.md section 4, L79). */

export interface Scope {
  level: 'system' | 'user' | 'patient'
  /** a resource type or `*` */
  type: string
  /** the letters of `cruds` that are granted, in that order */
  permissions: string
}

export type ScopeProblem = 'grammar' | 'constrained' | 'mixed-versions' | 'mixed-contexts' | 'too-long' | 'empty'
export type ScopeResult = { ok: true; scopes: Scope[] } | { ok: false; problem: ScopeProblem }

const SCOPE = /^(patient|user|system)\/(\*|[A-Z][A-Za-z]{1,63})\.(?:(?=[cruds])(c?r?u?d?s?)|(read|write|\*))(\?.*)?$/
const V1: Readonly<Record<string, string>> = { read: 'rs', write: 'cud', '*': 'cruds' }
/** Scopes of a launch or a sign-in: they name no data, and are passed over. */
const IDENTITY = new Set([
  'openid',
  'fhirUser',
  'profile',
  'launch',
  'launch/patient',
  'launch/encounter',
  'online_access',
  'offline_access',
])

const SCOPE_CHARS_MAX = 4096
const SCOPES_MAX = 200

/**
 * Parses a scope string. One token never mixes SMART v1 (`.read`) with v2 (`.rs`); with `oneContext`, nor patient, user and system.
 * Constrained scopes (`?category=…`) are refused: a constraint that is not enforced would grant more than was meant.
 */
export function parseScopes(text: string, options: { oneContext: boolean }): ScopeResult {
  if (text.length > SCOPE_CHARS_MAX) return { ok: false, problem: 'too-long' }
  const tokens = text.split(' ')
  if (tokens.length > SCOPES_MAX) return { ok: false, problem: 'too-long' }
  const scopes: Scope[] = []
  const versions = new Set<number>()
  for (const token of tokens) {
    if (IDENTITY.has(token)) continue
    const match = SCOPE.exec(token)
    if (!match) return { ok: false, problem: 'grammar' }
    const [, level, type, v2, v1, constraint] = match
    if (constraint !== undefined) return { ok: false, problem: 'constrained' }
    versions.add(v1 === undefined ? 2 : 1)
    scopes.push({ level: level as Scope['level'], type: type ?? '', permissions: v1 === undefined ? (v2 ?? '') : (V1[v1] ?? '') })
  }
  if (versions.size > 1) return { ok: false, problem: 'mixed-versions' }
  if (scopes.length === 0) return { ok: false, problem: 'empty' }
  if (options.oneContext && new Set(scopes.map((scope) => scope.level)).size > 1) return { ok: false, problem: 'mixed-contexts' }
  return { ok: true, scopes }
}

/** What both sides permit: never more than either. Rows without a letter left are dropped, equal rows are merged. */
export function intersectScopes(asked: readonly Scope[], registered: readonly Scope[]): Scope[] {
  const letters = new Map<string, Set<string>>()
  for (const a of asked) {
    for (const b of registered) {
      const type = a.type === '*' ? b.type : b.type === '*' || b.type === a.type ? a.type : undefined
      if (type === undefined || a.level !== b.level) continue
      const key = `${a.level}/${type}`
      const both = [...a.permissions].filter((letter) => b.permissions.includes(letter))
      if (both.length > 0) letters.set(key, new Set([...(letters.get(key) ?? []), ...both]))
    }
  }
  return [...letters].map(([key, found]) => {
    const [level, type] = key.split('/') as [Scope['level'], string]
    return { level, type, permissions: [...'cruds'].filter((letter) => found.has(letter)).join('') }
  })
}

/** As SMART v2 writes it: `system/*.rs user/Observation.cruds`. */
export function formatScopes(scopes: readonly Scope[]): string {
  return scopes.map(({ level, type, permissions }) => `${level}/${type}.${permissions}`).join(' ')
}
