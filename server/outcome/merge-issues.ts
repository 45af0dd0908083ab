/** Issues of Patient/$merge and $unmerge; a part of issues.ts. */
import { issue, type IssueDefinition } from './issue.ts'

export const MERGE_ISSUES = {
  merged: issue(200, 'informational', '已合并', 'Merged'),
  unmerged: issue(200, 'informational', '已撤销合并', 'The merge was undone'),
  'merge-preview': issue(
    200,
    'informational',
    '可以合并；尚未更改任何数据，将有 {count} 个患者档案归到另一人名下',
    'This can be merged; nothing was changed. {count} Patient records would go over to the other person',
  ),
  'merge-unknown': issue(422, 'not-found', '没有这样的患者', 'There is no such Patient'),
  'merge-several': issue(422, 'multiple-matches', '这些标识符对应多个患者', 'Several Patients have these identifiers'),
  'merge-mismatch': issue(422, 'invalid', '该患者没有所给的标识符', 'This Patient does not have the identifiers given'),
  'merge-same': issue(422, 'invalid', '不能将患者与其自身合并', 'A Patient is not merged with itself'),
  'merge-replaced': issue(422, 'business-rule', '该患者已被另一患者取代', 'This Patient was replaced by another one already'),
  'merge-inactive': issue(422, 'business-rule', '合并目标须为有效患者', 'The target of a merge has to be active'),
  'merge-master': issue(
    422,
    'business-rule',
    '这是本服务器按身份证号建立的主索引，请改用其关联的档案',
    'This Patient is made by the server for an identity number: name one of the records that it links',
  ),
  'merge-numbers': issue(
    422,
    'business-rule',
    '两名患者的身份证号均有效且不同，系不同的人',
    'Both have valid identity numbers that differ: these are two persons',
  ),
  'merge-conflict': issue(
    409,
    'conflict',
    '其中一名患者的关联尚存疑，须先处理（/ingest/conflicts）',
    'The links of one of them are in doubt: settle that first (/ingest/conflicts)',
  ),
  'merge-too-many': issue(422, 'too-costly', '合并到一人的患者不得超过 {max} 个', 'No more than {max} Patients are merged to one'),
  'merge-result': issue(
    422,
    'business-rule',
    'result-patient 须为目标患者本身（同一 id），含所给的标识符及指向源患者的 replaces 链接，且不含他人的身份证号',
    'The result-patient has to be the target itself (its id), with the identifiers given and a link that replaces the source, and no identity number of others',
  ),
  'merge-none': issue(422, 'not-found', '这两名患者没有合并', 'These Patients are not merged'),
  'merge-order': issue(409, 'conflict', '须先撤销其后的合并', 'A later merge has to be undone first'),
  'merge-changed': issue(
    409,
    'conflict',
    '合并之后患者资源已被修改，无法撤销；恢复合并时的内容后可再试',
    'A Patient was written since they were merged: this can be undone once it is again as the merge left it',
  ),
} as const satisfies Record<string, IssueDefinition>
