/** Issues of the mapping of codes by people; a part of issues.ts. */
import { issue, type IssueDefinition } from './issue.ts'

export const CODE_MAPPING_ISSUES = {
  'mapping-code-unknown': issue(404, 'not-found', '工作单上没有该代码', 'There is no such code on the work list'),
  'mapping-user-missing': issue(
    403,
    'forbidden',
    '代码对照由具名人员提出和确认：令牌须指明本服务器上有记录的医务人员（user=Practitioner/…）',
    'Codes are mapped by persons: the token has to name a Practitioner of this server (user=Practitioner/…)',
  ),
  'mapping-same-person': issue(403, 'business-rule', '提出人不能确认自己的提案', 'Who proposed a mapping does not confirm it'),
  'mapping-proposal-open': issue(
    409,
    'conflict',
    '该代码已有待确认的提案，须先确认或否决',
    'A proposal for this code is open: it has to be confirmed or rejected first',
  ),
  'mapping-proposal-none': issue(409, 'conflict', '该提案已不存在，请重新查看', 'This proposal is not open any more: look again'),
  'mapping-nothing': issue(409, 'conflict', '该代码没有可撤回的对照', 'This code has no mapping that could be withdrawn'),
  'mapping-source-code': issue(
    422,
    'code-invalid',
    '来源发送的内容不是代码（首尾或连续空格、控制字符），不能对照',
    'What the source sent is no code (spaces at its ends or doubled, control characters) and cannot be mapped',
  ),
  'mapping-target': issue(
    422,
    'code-invalid',
    '目标代码不可用：该代码系统不属于此对照表，或其中没有该代码',
    'The target cannot be used: its system is none of this map, or does not have the code',
  ),
} as const satisfies Record<string, IssueDefinition>
