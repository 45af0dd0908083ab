/** Search keys of an AuditEvent, in the form that server/search looks for: made from the entry, not read back from the text. */
import type { AuditEntry } from './entry.ts'
import { CLIENT_SYSTEM, EVENT_TYPE_SYSTEM, INTERACTION_SYSTEM, isInteraction, namedResources, OPERATION_SYSTEM } from './render.ts'

/** R4 search parameters type, subtype, action, outcome, agent, patient, entity; `date` is the main date. */
export function auditKeys(entry: AuditEntry): string[] {
  const keys = ['type:rest', `type=${EVENT_TYPE_SYSTEM}|rest`, `action:${entry.action}`, `outcome:${entry.outcome}`]
  if (isInteraction(entry.interaction)) token(keys, 'subtype', INTERACTION_SYSTEM, entry.interaction)
  else {
    token(keys, 'subtype', INTERACTION_SYSTEM, 'operation')
    token(keys, 'subtype', OPERATION_SYSTEM, entry.interaction)
  }
  const { actor } = entry
  if (actor) {
    keys.push(`agent>|${CLIENT_SYSTEM}|${actor.clientId}`)
    if (actor.user) reference(keys, 'agent', actor.user)
    if (actor.organization) reference(keys, 'agent', `Organization/${actor.organization}`)
  }
  for (const patient of entry.patients ?? []) {
    reference(keys, 'patient', `Patient/${patient}`)
    keys.push(`entity>Patient/${patient}`)
  }
  // A page of fifty has fifty entities: a second key for each would be half of what its entry costs. Search by a bare id asks for all types.
  for (const named of namedResources(entry)) keys.push(`entity>${named}`)
  for (const consent of entry.consents ?? []) keys.push(`entity>Consent/${consent.split('/_history/')[0]}`)
  return [...new Set(keys)]
}

function token(keys: string[], param: string, system: string, code: string): void {
  keys.push(`${param}:${code}`, `${param}=${system}|${code}`)
}

function reference(keys: string[], param: string, target: string): void {
  keys.push(`${param}>${target}`, `${param}>${target.slice(target.indexOf('/') + 1)}`)
}
