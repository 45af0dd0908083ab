/** The end of a Subscription (`Subscription.end`, R4 subscription.html): nothing leaves behind it, whatever still waits. */
import type { Spec } from './types.ts'

export const isOver = ({ end }: Pick<Spec, 'end'>, now: Date): boolean => end !== undefined && end <= now

/** When it is to be looked at again: at its end at the latest, which is when it is off. */
export const byItsEnd = ({ end }: Pick<Spec, 'end'>, due: Date): Date => (end !== undefined && end < due ? end : due)
