/** What the scopes of a token let through. Scopes never widen: consent, purpose and role decide after them. */
import type { Actor } from './actor.ts'

export type Permission = 'c' | 'r' | 'u' | 'd' | 's'

/** May this actor, by scope alone, create, read, update, delete or search resources of `type`? */
export function allows(actor: Actor, type: string, permission: Permission): boolean {
  if (actor.unrestricted) return true
  return actor.scopes.some((scope) => (scope.type === type || scope.type === '*') && scope.permissions.includes(permission))
}
