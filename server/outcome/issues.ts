/**
 * Every cause that a client can meet: one stable code, HTTP status, FHIR issue type, text in Chinese and English.
 * `{name}` is replaced from the issue's params.
 */
export interface IssueDefinition {
  status: number
  /** http://hl7.org/fhir/issue-type */
  type: string
  zh: string
  en: string
}

const issue = (status: number, type: string, zh: string, en: string): IssueDefinition => ({ status, type, zh, en })

export const ISSUES = {
  internal: issue(500, 'exception', '服务器内部错误', 'Internal error'),
  'charset-invalid': issue(400, 'structure', '正文不是有效的 UTF-8', 'The body is not valid UTF-8'),
  'json-invalid': issue(400, 'structure', '正文不是有效的 JSON', 'The body is not valid JSON'),
  'json-not-object': issue(400, 'structure', '正文应为一个 JSON 对象', 'The body must be one JSON object'),
  'json-depth': issue(400, 'structure', 'JSON 嵌套超过 {max} 层', 'JSON is nested deeper than {max} levels'),
  'json-duplicate-key': issue(400, 'structure', 'JSON 对象中有重复的键', 'A JSON object has the same key twice'),
  'json-forbidden-key': issue(400, 'structure', 'JSON 中有不允许的键', 'The JSON has a key that is not allowed'),
  'resource-type-missing': issue(400, 'structure', '缺少 resourceType', 'resourceType is missing'),
  'resource-type-unknown': issue(404, 'not-supported', '未知的资源类型', 'Unknown resource type'),
  'resource-type-mismatch': issue(400, 'invalid', '正文的资源类型与地址不一致', 'The body has another resource type than the address'),
  'id-mismatch': issue(400, 'invalid', '正文的 id 与地址不一致', 'The body has another id than the address'),
  'id-invalid': issue(400, 'value', 'id 不符合 [A-Za-z0-9-.]{1,64}', 'The id does not match [A-Za-z0-9-.]{1,64}'),
  'not-found': issue(404, 'not-found', '未找到', 'Not found'),
  gone: issue(410, 'deleted', '已删除', 'Deleted'),
  'version-conflict': issue(412, 'conflict', '版本不符（If-Match）', 'The current version is another than If-Match says'),
  'precondition-invalid': issue(400, 'invalid', '条件标头无效', 'The conditional header is invalid'),
  'criteria-multiple': issue(412, 'multiple-matches', '条件匹配到多个资源', 'The criteria match several resources'),
  'claim-taken': issue(409, 'conflict', '并发创建，请重试', 'Created at the same time by another request, try again'),
  'criteria-empty': issue(400, 'invalid', '条件中没有可用的检索参数', 'The criteria have no usable search parameter'),
  busy: issue(503, 'transient', '服务繁忙，请稍后再试', 'Busy, try again later'),
  unavailable: issue(503, 'transient', '数据库或审计不可用', 'Database or audit is not available'),
  'body-too-large': issue(413, 'too-long', '正文超过 {max} 字节', 'The body is larger than {max} bytes'),
  'content-type-unsupported': issue(415, 'not-supported', '不支持的内容类型', 'Content type not supported'),
  'url-invalid': issue(400, 'invalid', '地址编码无效', 'The address is not encoded correctly'),
  'url-too-long': issue(414, 'too-long', '地址超过 {max} 个字符，请改用 POST _search', 'The address is longer than {max} characters: use POST _search'),
  'not-acceptable': issue(406, 'not-supported', '无法提供所要求的格式', 'The format asked for is not available'),
  'method-not-allowed': issue(405, 'not-supported', '此地址不支持该方法', 'The method is not supported here'),
  'export-async-only': issue(400, 'invalid', '$export 需要 Prefer: respond-async', '$export needs Prefer: respond-async'),
  'operation-unknown': issue(404, 'not-supported', '未知的操作', 'Unknown operation'),
  'parameter-unknown': issue(400, 'not-supported', '未知的检索参数 {name}', 'Unknown search parameter {name}'),
  'parameter-invalid': issue(400, 'value', '参数 {name} 的值无效', 'The value of parameter {name} is invalid'),
  'parameter-repeated': issue(400, 'invalid', '参数 {name} 不能重复', 'Parameter {name} may not be repeated'),
  'modifier-unsupported': issue(
    400,
    'not-supported',
    '参数 {name} 不支持修饰符 {modifier}',
    'Parameter {name} does not support the modifier {modifier}',
  ),
  'chain-unsupported': issue(400, 'not-supported', '不支持链式参数 {name}', 'Chained parameter {name} is not supported'),
  'too-costly': issue(400, 'too-costly', '检索范围过大，请加上 patient 等条件', 'The search is too wide: add a criterion such as patient'),
  'page-invalid': issue(400, 'invalid', '分页链接无效或已过期', 'The page link is invalid or has expired'),
  'bundle-invalid': issue(400, 'invalid', 'Bundle 无效', 'The Bundle is invalid'),
  'bundle-entries': issue(413, 'too-costly', 'Bundle 条目超过 {max}', 'The Bundle has more than {max} entries'),
  'bundle-duplicate': issue(400, 'duplicate', '同一资源在事务中出现两次', 'The same resource appears twice in the transaction'),
  'reference-unresolved': issue(400, 'not-found', '引用无法解析', 'The reference cannot be resolved'),
  'read-only': issue(405, 'not-supported', '此类资源不可修改', 'Resources of this type cannot be changed'),
  unauthenticated: issue(401, 'login', '需要有效的访问令牌', 'A valid access token is required'),
  forbidden: issue(403, 'forbidden', '令牌的范围不允许此操作', 'The scope of the token does not allow this'),
  rule: issue(422, 'business-rule', '违反规则 {rule}', 'Rule {rule} is violated'),
  'mapping-required': issue(422, 'required', '缺少必填字段', 'A required field is missing'),
  'mapping-date-invalid': issue(422, 'value', '日期或时间无效', 'The date or time is not valid'),
  'mapping-number-invalid': issue(422, 'value', '数值无效', 'The number is not valid'),
  'mapping-value-unknown': issue(422, 'value', '字段值不在已知取值中', 'The value is none of those known for this field'),
  'mapping-code-unmapped': issue(422, 'code-invalid', '代码没有对照', 'The code has no target'),
  'mapping-identity-invalid': issue(422, 'value', '身份证号校验不通过', 'The identity number has a wrong check digit'),
  'mapping-identity-placeholder': issue(422, 'value', '身份证号为占位号码', 'The identity number is a placeholder'),
  'mapping-conflict': issue(422, 'conflict', '字段之间相互矛盾', 'Fields contradict each other'),
  'payload-charset': issue(422, 'structure', '字符集与声明不符或无法解码', 'The payload cannot be decoded with the charset that it declares'),
  'payload-structure': issue(422, 'structure', '报文结构无效', 'The structure of the payload is not valid'),
  'payload-too-large': issue(413, 'too-long', '报文超出限制', 'The payload exceeds a limit'),
  'payload-doctype': issue(422, 'security', '不接受带 DOCTYPE 的 XML', 'XML with a DOCTYPE is refused'),
  'payload-type-unsupported': issue(422, 'not-supported', '不支持的报文类型', 'The type of message is not supported'),
} as const satisfies Record<string, IssueDefinition>

export type IssueCode = keyof typeof ISSUES
