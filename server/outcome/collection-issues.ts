/** What is told of data that somebody refuses to have collected: never why. */
import { issue, type IssueDefinition } from './issue.ts'

export const COLLECTION_ISSUES = {
  'write-not-collected': issue(403, 'suppressed', '未入库', 'Not stored'),
  'not-collected': issue(200, 'suppressed', '未入库', 'Not stored'),
  'relative-not-collected': issue(200, 'suppressed', '所述亲属的号码和姓名未入库', 'Number and name of the relative are not stored'),
} as const satisfies Record<string, IssueDefinition>
