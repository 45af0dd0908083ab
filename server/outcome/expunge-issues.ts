/** Legal deletion; a part of the one list in issues.ts. */
import { issue, type IssueDefinition } from './issue.ts'

export const EXPUNGE_ISSUES = {
  expunged: issue(409, 'business-rule', '该数据已依法删除，不得再次入库', 'This was deleted by law and is not stored again'),
  'expunge-standing': issue(
    409,
    'business-rule',
    '资源须先以 DELETE 删除，才能彻底清除；患者则整体清除',
    'A resource is deleted first, by DELETE, before it is expunged; a patient is expunged as a whole',
  ),
  'expunge-conflict': issue(
    409,
    'conflict',
    '同一证件号下另有他人的档案存疑，须先处理（/ingest/conflicts）',
    "Another patient's record stands under the same identity number: settle that first (/ingest/conflicts)",
  ),
} as const satisfies Record<string, IssueDefinition>
