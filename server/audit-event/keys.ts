/**
 * What an AuditEvent is found by, in the form that server/search looks for. Two parts: keys that few entries have in common
 * (who, about whom, about what), which stand in the index with each entry, and its shape.
 */
import type { AuditedActor, AuditFacts } from './facts.ts'
import {
  CLIENT_SYSTEM,
  ENTITY_ROLE_SYSTEM,
  ENTITY_TYPE_SYSTEM,
  EVENT_TYPE_SYSTEM,
  hasRequest,
  INTERACTION_SYSTEM,
  isInteraction,
  OPERATION_SYSTEM,
  PARTY_SYSTEM,
} from './render.ts'

/** R4 search parameters agent, entity and, within those, patient. A use has few of them; every key costs all others' time. */
export function auditKeys(facts: AuditFacts): string[] {
  const keys = agentKeys(facts.actor)
  for (const patient of facts.patients) keys.push(`entity>Patient/${patient}`)
  for (const named of facts.resources) keys.push(`entity>${named}`)
  for (const consent of facts.consents) keys.push(`entity>Consent/${consent.split('/_history/')[0]}`)
  return [...new Set(keys)]
}

function agentKeys(actor: AuditedActor | undefined): string[] {
  // Named by its display: a value, but none that can be looked for.
  if (!actor) return ['agent>']
  const keys = [`agent>|${CLIENT_SYSTEM}|${actor.clientId}`, `agent>:${actor.clientId}`]
  if (actor.user !== undefined) keys.push(`agent>${actor.user}`)
  if (actor.organization) keys.push(`agent>Organization/${actor.organization}`)
  return keys
}

/**
 * What an entry has in common with millions of others: a handful of words, of which there are some hundreds. The entry holds
 * the words only; the parameters that they stand for are looked up among the shapes that are in use.
 */
export function shapeOf(facts: AuditFacts): string {
  const { interaction, action, outcome, actor } = facts
  const kinds = [facts.patients.length > 0 ? 'p' : '', facts.resources.length > 0 ? 'r' : '', facts.consents.length > 0 ? 'c' : '']
  return [interaction, action, outcome, actor?.party ?? '-', `-${kinds.join('')}${hasRequest(facts) ? 'q' : ''}`].join(' ')
}

/** R4 search parameters action, agent-role, entity-role, entity-type, outcome, source, subtype, type of a shape. */
export function shapeKeys(shape: string): string[] {
  const [interaction = '', action = '', outcome = '', party = '', kinds = ''] = shape.split(' ')
  const keys = [`action:${action}`, `outcome:${outcome}`, ...token('type', EVENT_TYPE_SYSTEM, 'rest')]
  if (isInteraction(interaction)) keys.push(...token('subtype', INTERACTION_SYSTEM, interaction))
  else keys.push(...token('subtype', INTERACTION_SYSTEM, 'operation'), ...token('subtype', OPERATION_SYSTEM, interaction))
  if (party !== '-') keys.push(...token('agent-role', PARTY_SYSTEM, party))
  if (kinds.includes('p')) keys.push(...token('entity-type', ENTITY_TYPE_SYSTEM, '1'), ...token('entity-role', ENTITY_ROLE_SYSTEM, '1'))
  if (kinds.includes('r')) keys.push(...token('entity-role', ENTITY_ROLE_SYSTEM, '4'))
  if (kinds.includes('c')) keys.push(...token('entity-role', ENTITY_ROLE_SYSTEM, '13'))
  if (kinds.includes('q')) keys.push(...token('entity-type', ENTITY_TYPE_SYSTEM, '2'), ...token('entity-role', ENTITY_ROLE_SYSTEM, '24'))
  // So is the observer.
  keys.push('source>')
  return keys
}

const token = (param: string, system: string, code: string): string[] => [`${param}:${code}`, `${param}=${system}|${code}`]
