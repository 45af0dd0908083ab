/** Causes that have to do with code systems, value sets and concept maps: a part of the table in issues.ts. */
import { issue, type IssueDefinition } from './issue.ts'

export const TERMINOLOGY_ISSUES = {
  'definition-unknown': issue(
    404,
    'not-found',
    '本服务器上没有参数 {name} 所指的代码系统、值集或概念映射',
    'The code system, value set or concept map that {name} names is not known here',
  ),
  'concept-unknown': issue(
    404,
    'not-found',
    '代码系统中没有参数 {name} 所给的代码',
    'The code system does not have the code of parameter {name}',
  ),
  'code-system-content': issue(
    422,
    'not-supported',
    '无法列出该代码系统的代码：其内容不在本服务器上，或由语法生成',
    'The codes of the code system cannot be listed: they are not here, or made by a grammar',
  ),
  'code-system-version': issue(
    422,
    'conflict',
    '值集指定的代码系统版本与参数 {name} 不一致',
    'The value set names another version of the code system than parameter {name}',
  ),
  'value-set-filter': issue(
    422,
    'invalid',
    '值集的过滤条件无法执行：代码系统没有此属性，或不支持此运算',
    'The filter of the value set cannot be applied: the code system has no such property, or not with this operator',
  ),
  'value-set-cycle': issue(
    422,
    'business-rule',
    '值集直接或间接地引用了自身，或引用层次过深',
    'The value set is made of itself, or of too many others',
  ),
  'expansion-costly': issue(
    422,
    'too-costly',
    '展开的代码超过 {max} 个，请用 filter 缩小，或用 count 和 offset 分页',
    'The expansion has more than {max} codes: narrow it by filter, or page by count and offset',
  ),
  'expansion-long': issue(
    422,
    'too-costly',
    '值集的求值超过 {max} 秒，请减少其组成部分',
    'Working out the value set takes more than {max} seconds: it should have fewer parts',
  ),
  'parameters-exclusive': issue(
    400,
    'invalid',
    '参数 {name} 与另一个参数只能给出其一，或给出得不完整',
    'Parameter {name} and another one exclude each other, or are not complete',
  ),
  'closure-unknown': issue(
    404,
    'not-found',
    '没有此名称的闭包表，或没有其 version 所指的版本',
    'There is no closure table of this name, or not with this version',
  ),
  'closure-full': issue(422, 'too-costly', '闭包表超过 {max} 的限额', 'Closure tables may not exceed {max}'),
} as const satisfies Record<string, IssueDefinition>
