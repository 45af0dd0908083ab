/** The dependency rules of the tree: who may import whom. Run by `npm run check:structure` and by the test beside it. */

/** Folder → folders of the project that it may import (besides itself). A name with `.ts` permits that file alone. */
export const MAY_IMPORT: Record<string, readonly string[]> = {
  'server/fhir': ['server/outcome'],
  'server/outcome': ['server/fhir'],
  'server/config': ['server/fhir', 'server/outcome', 'server/auth/actor.ts', 'server/auth/purposes.ts', 'server/auth/scopes.ts'],
  'server/auth': ['server/fhir', 'server/outcome', 'server/config', 'server/access/decision.ts', 'server/store/types.ts'],
  'server/search': ['server/fhir', 'server/outcome', 'server/config'],
  'server/audit-event': ['server/fhir'],
  'server/store': [
    'server/fhir',
    'server/outcome',
    'server/config',
    'server/access/decision.ts',
    'server/search/plan.ts',
    'server/audit-event',
  ],
  'server/access': [
    'server/fhir',
    'server/outcome',
    'server/config',
    'server/auth/actor.ts',
    'server/search',
    'server/store/types.ts',
    'server/store/leases.ts',
    'server/store/soon.ts',
    'server/writer/types.ts',
  ],
  'server/audit': [
    'server/fhir',
    'server/outcome',
    'server/config',
    'server/auth/actor.ts',
    'server/access/decision.ts',
    'server/store/types.ts',
    'server/store/chain.ts',
    'server/store/leases.ts',
    'server/audit-event',
  ],
  'server/validation': ['server/fhir', 'server/outcome'],
  'server/fhir-xml': ['server/fhir', 'server/outcome', 'server/validation'],
  'server/terminology-service': ['server/fhir'],
  'server/writer': [
    'server/fhir',
    'server/outcome',
    'server/config',
    'server/auth/actor.ts',
    'server/access',
    'server/search',
    'server/store',
  ],
  'server/interactions': [
    'server/fhir',
    'server/outcome',
    'server/config',
    'server/auth',
    'server/access',
    'server/search',
    'server/store',
    'server/audit',
    'server/validation',
    'server/writer',
    'server/operations',
  ],
  'server/operations': [
    'server/fhir',
    'server/outcome',
    'server/config',
    'server/auth',
    'server/access',
    'server/search',
    'server/store',
    'server/audit',
    'server/validation',
    'server/writer',
    'server/interactions',
    'server/jobs',
  ],
  'server/jobs': ['server/fhir', 'server/outcome', 'server/config', 'server/access', 'server/store'],
  'server/ingest': [
    'server/fhir',
    'server/outcome',
    'server/config',
    'server/auth',
    'server/access',
    'server/search',
    'server/store',
    'server/audit',
    'server/validation',
    'server/writer',
    'server/terminology-service',
    'server/jobs',
    'mappings',
  ],
  'server/http': [
    'server/fhir',
    'server/fhir-xml',
    'server/outcome',
    'server/config',
    'server/auth',
    'server/access',
    'server/store',
    'server/audit',
    'server/interactions',
    'server/operations',
    'server/ingest',
  ],
  'server/demo': ['server/fhir', 'server/config', 'server/auth', 'server/start.ts', 'server/log.ts', 'server/audit', 'mappings/index.ts'],
  mappings: ['server/fhir'],
}

/** Packages that one folder alone may import. */
export const ONLY_IN: Record<string, readonly string[]> = {
  mongodb: ['server/store', 'bench', 'tests'],
  'mongodb-memory-server-core': ['server/store'],
  express: ['server/http', 'server/auth', 'server/ingest', 'bench', 'tests'],
  graphql: ['server/operations', 'tests'],
  jose: ['server/auth', 'server/demo', 'bench', 'tests'],
}

/** Makers of decisions: a name that may be used in these places only. */
export const NAME_ONLY_IN: Record<string, readonly string[]> = {
  makeDecision: ['server/access'],
  ' as Decision': ['server/access/decision.ts'],
}

export const LINES_MAX = 400

/** Left-over marks of work that is not done. */
export const FORBIDDEN_WORDS = ['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X:', 'HA' + 'CK']
