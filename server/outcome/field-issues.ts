/** What mappings find in the fields of a record: a part of the table in issues.ts. */
import { issue, type IssueDefinition } from './issue.ts'

export const FIELD_ISSUES = {
  'mapping-required': issue(422, 'required', '缺少必填字段', 'A required field is missing'),
  'mapping-date-invalid': issue(422, 'value', '日期或时间无效', 'The date or time is not valid'),
  'mapping-instant-day': issue(
    422,
    'incomplete',
    '只有日期而没有时刻，须为时刻的元素未写入',
    'A day without an hour: the element that must be an instant is left out',
  ),
  'mapping-number-invalid': issue(422, 'value', '数值无效', 'The number is not valid'),
  'mapping-character-unreadable': issue(
    422,
    'value',
    '字段值含控制字符或损坏的字符',
    'The value holds a control character or a damaged one',
  ),
  'mapping-value-unknown': issue(422, 'value', '字段值不在已知取值中', 'The value is none of those known for this field'),
  'mapping-value-assumed': issue(
    422,
    'incomplete',
    '字段未填或没有对照，按其他或推断的取值存入',
    'The field is empty or has no target: what is stored in its place was assumed',
  ),
  'mapping-code-unmapped': issue(422, 'code-invalid', '代码没有对照', 'The code has no target'),
  'mapping-identity-invalid': issue(422, 'value', '身份证号校验不通过', 'The identity number has a wrong check digit'),
  'mapping-identity-placeholder': issue(422, 'value', '身份证号为占位号码', 'The identity number is a placeholder'),
  'mapping-conflict': issue(422, 'conflict', '字段之间相互矛盾', 'Fields contradict each other'),
  'mapping-repeated': issue(422, 'duplicate', '编号重复而内容不同，只取第一个', 'Two rows of one number differ: the first counts'),
  'mapping-date-order': issue(422, 'business-rule', '时间先后矛盾', 'One time is before another that it must follow'),
  'mapping-sum': issue(422, 'business-rule', '金额不平', 'Amounts do not add up'),
  'mapping-split': issue(422, 'informational', '一个字段含多个代码，已拆分', 'One field held several codes and was split'),
  'mapping-field-unread': issue(
    422,
    'informational',
    '字段未被读取，仅保留原文',
    'A field that no rule read: kept in the raw payload only',
  ),
} satisfies Record<string, IssueDefinition>
