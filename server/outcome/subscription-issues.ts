/** Why a Subscription is refused; a part of the one list in issues.ts. */
import { issue, type IssueDefinition } from './issue.ts'

export const SUBSCRIPTION_ISSUES = {
  'subscription-channel': issue(422, 'not-supported', '通道类型仅支持 rest-hook 和 websocket', 'Channel types are rest-hook and websocket'),
  'subscription-endpoint': issue(
    422,
    'security',
    '该地址未登记为此客户端的通知地址，或写法不规范',
    'The address is not registered for notifications of this client, or is not in its plain form',
  ),
  'subscription-payload': issue(
    422,
    'not-supported',
    '通知的内容格式应为 application/fhir+json 或 application/fhir+xml',
    'The payload of notifications is application/fhir+json or application/fhir+xml',
  ),
  'subscription-header': issue(422, 'value', '请求头无效，或由服务器自行设置', 'The header is invalid, or is set by the server itself'),
  'subscription-criteria': issue(
    422,
    'value',
    '条件应为对一种资源的检索，且不含结果参数',
    'The criteria must be a search of one resource type without parameters about its result',
  ),
  'subscription-topic': issue(
    422,
    'not-supported',
    '未知的订阅主题；可用的见 /fhir/metadata',
    'Unknown topic; /fhir/metadata names those that there are',
  ),
  'subscription-filter': issue(
    422,
    'not-supported',
    '该主题不能按此条件筛选；可用：{names}',
    'The topic cannot be filtered by this; known: {names}',
  ),
  'subscription-extension': issue(422, 'value', '扩展 {name} 的值无效', 'The value of the extension {name} is invalid'),
  'subscription-end': issue(422, 'value', '订阅的结束时间已过', 'The end of the subscription has passed'),
  'subscription-limit': issue(422, 'too-costly', '每个客户端最多 {max} 个订阅', 'A client has at most {max} subscriptions'),
  'subscription-not-started': issue(
    422,
    'business-rule',
    '订阅已停止或尚未启用，待其启用后再重发',
    'The subscription is off or has not become active yet; once it is, what was given up is sent again',
  ),
  'subscription-statuses': issue(
    200,
    'incomplete',
    '订阅多于 {max} 个，此处只列出其中一部分；请用 status 或 id 缩小范围',
    'There are more than {max} Subscriptions, of which these are the first: narrow them by status or id',
  ),
  'subscription-others': issue(
    422,
    'business-rule',
    '对其他客户端的订阅，运维方只能将状态改为 off 或 requested，或将其删除',
    "Of another client's subscription an operator changes the status to off or requested, or deletes it",
  ),
} as const satisfies Record<string, IssueDefinition>
