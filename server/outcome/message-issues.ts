/** Issues of $process-message; a part of issues.ts. */
import { issue, type IssueDefinition } from './issue.ts'

export const MESSAGE_ISSUES = {
  'message-event': issue(422, 'not-supported', '本服务器不处理此消息事件', 'Messages of this event are not processed here'),
  'message-content': issue(422, 'business-rule', '此消息事件不包含这类资源', 'Messages of this event do not carry resources of this type'),
  'message-identifier': issue(
    422,
    'required',
    '此资源须有带 system 的 identifier，或以本服务器的地址为 fullUrl',
    'This resource needs an identifier with a system, or an address of this server as fullUrl',
  ),
  'message-response': issue(422, 'not-supported', '本服务器不接收应答消息', 'Response messages are not received here'),
  'message-reused': issue(
    422,
    'duplicate',
    '此消息 id 已用于内容不同的消息',
    'The id of this message was used for a message with other content',
  ),
} as const satisfies Record<string, IssueDefinition>
