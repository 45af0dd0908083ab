/** Issues of batches and transactions (R4 http.html#transaction); a part of issues.ts. */
import { issue, type IssueDefinition } from './issue.ts'

export const BUNDLE_ISSUES = {
  'bundle-invalid': issue(400, 'invalid', 'Bundle 无效', 'The Bundle is invalid'),
  'bundle-type': issue(
    400,
    'not-supported',
    '此处只执行 batch 与 transaction 类型的 Bundle；其他类型请作为资源存入 /Bundle',
    'Only Bundles of the types batch and transaction are carried out here; any other is stored as a resource at /Bundle',
  ),
  'transaction-operation': issue(
    400,
    'not-supported',
    '事务中不能用 POST 执行操作或检索，请放入 batch',
    'Operations and searches by POST cannot stand in a transaction: send them in a batch',
  ),
  'entry-elsewhere': issue(400, 'not-supported', '条目的地址不在本服务器之下', 'The address of the entry is not under this server'),
  'bundle-entries': issue(413, 'too-costly', 'Bundle 条目超过 {max}', 'The Bundle has more than {max} entries'),
  'bundle-duplicate': issue(400, 'duplicate', '同一资源在事务中出现两次', 'The same resource appears twice in the transaction'),
  'reference-unresolved': issue(400, 'not-found', '引用无法解析', 'The reference cannot be resolved'),
  'reference-conditional': issue(
    400,
    'not-supported',
    '按条件的引用（{type}?…）只能在事务中使用',
    'A reference by criteria ({type}?…) can stand in a transaction only',
  ),
} as const satisfies Record<string, IssueDefinition>
