/** What the account of uses says of a deletion: that it was, and on what ground. */
import type { ExpungeJob } from './types.ts'

export const reasonOf = ({ basis, reference }: Pick<ExpungeJob, 'basis' | 'reference'>, what: string): string =>
  `expunge-${what} ${basis} ${reference}`
