/** The inbox: what is told of doubtful records, raw bytes, replays and silence. */
import { issue, type IssueDefinition } from './issue.ts'

export const INBOX_ISSUES = {
  'mapping-clock': issue(422, 'business-rule', '发送方的时间晚于收到时间', 'The time of the sender is later than that of the receipt'),
  'mapping-clock-old': issue(
    422,
    'informational',
    '发送方的时间比收到时间早五年以上',
    'The time of the sender is more than five years before that of the receipt',
  ),
  'mapping-code-version': issue(422, 'code-invalid', '代码属于该表的另一个版本', 'The code is of another version of its table'),
  'mapping-display': issue(422, 'value', '名称与代码不符，以代码为准', 'The name is not that of the code: the code counts'),
  'payload-raw-large': issue(
    413,
    'too-costly',
    '报文原文超过 {max} 字节或涉及的患者过多，请逐条查看被隔离的部分',
    'The payload has more than {max} bytes or is about too many patients to be shown: look at its parts in quarantine',
  ),
  'payload-bytes-gone': issue(
    409,
    'business-rule',
    '该报文的原文没有保存，无法重放',
    'The bytes of the payload are not kept: it cannot be played again',
  ),
  'replay-unknown': issue(404, 'not-found', '没有此重放任务', 'There is no such replay'),
  'source-silent': issue(
    200,
    'informational',
    '数据源 {source} 已超过 {hours} 小时没有报送',
    'Source {source} has sent nothing for more than {hours} hours',
  ),
} as const satisfies Record<string, IssueDefinition>
