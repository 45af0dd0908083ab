/** All operations: dispatch and the CapabilityStatement read this table. */
import { isResourceType } from '../fhir/resource-types.ts'
import type { FhirRequest, Handler } from '../interactions/types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { convert } from './convert.ts'
import { diffInstance, diffSystem } from './diff/diff.ts'
import { document, documentOfType } from './document.ts'
import { encounterEverything, ownEverything, patientEverything } from './everything.ts'
import { expungeInstance, expungeJobs, expungeStatus } from './expunge.ts'
import { groupExport, patientExport, systemExport } from './export/export.ts'
import { exportFile, exportStatus } from './export/export-status.ts'
import { graphqlInstance, graphqlSystem } from './graphql/graphql.ts'
import { lastn } from './lastn.ts'
import { patientMatch } from './match/match.ts'
import { patientMerge } from './merge/merge.ts'
import { patientUnmerge, undoMerge } from './merge/unmerge.ts'
import { processMessage } from './message/process-message.ts'
import { meta, metaAdd, metaDelete } from './meta.ts'
import { metaOfSystem, metaOfType } from './meta-of-many.ts'
import { reindexInstance, reindexJob, reindexStatus, reindexSystem, reindexType } from './reindex.ts'
import { stats } from './stats/stats.ts'
import { deadLetters, redeliver } from './subscription/dead-letters.ts'
import { events } from './subscription/events.ts'
import { socketTokenOfMany, socketTokenOfOne } from './subscription/socket-token.ts'
import { statusOfMany, statusOfOne } from './subscription/status.ts'
import { closure } from './terminology/closure.ts'
import { expand, expandInstance } from './terminology/expand.ts'
import { findMatches, findMatchesInstance } from './terminology/find-matches.ts'
import { terminologyLoad, terminologyLoadStatus } from './terminology/load.ts'
import { lookup } from './terminology/lookup.ts'
import { subsumes, subsumesInstance } from './terminology/subsumes.ts'
import { translate, translateInstance } from './terminology/translate.ts'
import {
  validateCodeInSet,
  validateCodeInSetInstance,
  validateCodeInSystem,
  validateCodeInSystemInstance,
} from './terminology/validate-code.ts'
import type { Operation } from './types.ts'
import { validateInstance, validateType } from './validate.ts'

const OPERATIONS: readonly Operation[] = [
  patientEverything,
  ownEverything,
  encounterEverything,
  systemExport,
  patientExport,
  groupExport,
  exportStatus,
  exportFile,
  validateType,
  validateInstance,
  meta,
  metaAdd,
  metaDelete,
  metaOfType,
  metaOfSystem,
  lastn,
  stats,
  document,
  documentOfType,
  convert,
  patientMatch,
  patientMerge,
  patientUnmerge,
  undoMerge,
  processMessage,
  reindexSystem,
  reindexType,
  reindexInstance,
  reindexStatus,
  reindexJob,
  expungeInstance,
  expungeJobs,
  expungeStatus,
  diffInstance,
  diffSystem,
  graphqlSystem,
  graphqlInstance,
  statusOfMany,
  statusOfOne,
  events,
  socketTokenOfMany,
  socketTokenOfOne,
  deadLetters,
  redeliver,
  lookup,
  validateCodeInSystem,
  validateCodeInSystemInstance,
  subsumes,
  subsumesInstance,
  findMatches,
  findMatchesInstance,
  expand,
  expandInstance,
  validateCodeInSet,
  validateCodeInSetInstance,
  translate,
  translateInstance,
  closure,
  terminologyLoad,
  terminologyLoadStatus,
]

/** By the place of the operation's name in the address. */
const LEVELS: readonly Operation['level'][] = ['system', 'type', 'instance']

/** `*` is every resource type. */
const isOn = (operation: Operation, on: string | undefined): boolean =>
  operation.on === on || (operation.on === '*' && on !== undefined && isResourceType(on))

/** @throws OutcomeError operation-unknown; not-found where something stands before or behind it that does not belong there */
function operationsAt(segments: readonly string[]): Operation[] {
  const at = segments.findIndex((segment) => segment.startsWith('$'))
  const code = segments[at]?.slice(1)
  // Of what stands behind an id (`_history/2`, another type) there is no operation.
  const level = LEVELS[at]
  const on = at === 0 ? 'system' : segments[0]
  const named = OPERATIONS.filter((operation) => operation.code === code && operation.level === level && isOn(operation, on))
  if (named.length === 0) throw new OutcomeError('operation-unknown')
  const known = named.filter(({ behind = 0 }) => segments.length === at + 1 + behind)
  if (known.length === 0) throw new OutcomeError('not-found')
  return known
}

/** @throws OutcomeError operation-unknown */
export const methodsOf = (segments: readonly string[]): string[] => [...new Set(operationsAt(segments).flatMap(({ methods }) => methods))]

/** @throws OutcomeError operation-unknown, method-not-allowed */
export const operationFor = (request: FhirRequest): Handler => foundFor(request).run

/** Whether the request changes what is stored. @throws OutcomeError operation-unknown, method-not-allowed, what its parameters are wrong by */
export function operationWrites(request: FhirRequest): boolean {
  const { writes } = foundFor(request)
  return typeof writes === 'function' ? writes(request) : writes
}

function foundFor(request: FhirRequest): Operation {
  const known = operationsAt(request.segments)
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const found = known.find((operation) => (operation.methods as readonly string[]).includes(method))
  if (!found) {
    const allowed = known.flatMap(({ methods }) => methods.flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one])))
    throw new OutcomeError('method-not-allowed', {}, { Allow: [...new Set(allowed), 'OPTIONS'].join(', ') })
  }
  return found
}

/** Entries of the CapabilityStatement for `system` or one resource type. */
export function operationsOn(on: string): { name: string; definition: string }[] {
  const named = OPERATIONS.filter((operation) => isOn(operation, on) && operation.definition !== '')
  return named.map(({ code, definition }) => ({ name: code, definition }))
}
