/** Criteria of a conditional create (R4 http.html#ccreate, Bundle.entry.request.ifNoneExist): what they may be of. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import { parseCriteria, partedCriteria } from './query-text.ts'
import { withinBase } from './within-base.ts'

const WHERE = 'http.If-None-Exist'

/**
 * Clients send the criteria alone, with their type (`Patient?identifier=x`), or as the whole address of a search of this server (HAPI). Of another
 * type, or of another server, they would be asked of what they do not mean, and what is found would be answered with instead of being stored.
 * @throws OutcomeError criteria-elsewhere, query-encoding
 */
export function requireCriteriaOf(type: string, criteria: string, baseUrl: string): void {
  const { place } = partedCriteria(criteria)
  const segments = withinBase(place, baseUrl)
    ?.split('/')
    .filter((part) => part !== '')
  if (place !== '' && segments?.join('/') !== type) throw new OutcomeError('criteria-elsewhere', { expression: [WHERE], params: { type } })
  parseCriteria(criteria, WHERE)
}
