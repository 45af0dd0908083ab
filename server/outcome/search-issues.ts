/** Issues of special search parameters (`_filter`, `_list`), of the order of a search and of $lastn; a part of issues.ts. */
import { issue, type IssueDefinition } from './issue.ts'

export const SEARCH_ISSUES = {
  'list-functional': issue(
    400,
    'not-supported',
    '参数 {name} 只接受 List 的 id，本服务器没有 $current-problems 之类的功能性列表',
    'Parameter {name} takes the id of a List: there are no functional lists such as $current-problems here',
  ),
  'filter-syntax': issue(
    400,
    'invalid',
    '_filter 第 {position} 个字符处应为：{expected}',
    'At character {position} of _filter there should be: {expected}',
  ),
  'filter-large': issue(
    400,
    'too-costly',
    '_filter 的比较超过 {max} 个，或嵌套超过 {depth} 层（第 {position} 个字符处）',
    'At character {position} of _filter there are more than {max} comparisons, or it is nested deeper than {depth}',
  ),
  'filter-parameter': issue(
    400,
    'not-supported',
    '_filter 第 {position} 个字符处的名称不是该处可用的检索参数',
    'The name at character {position} of _filter is no search parameter that can be used there',
  ),
  'filter-operator': issue(
    400,
    'not-supported',
    '_filter 第 {position} 个字符处的运算 {operator} 不适用于该参数',
    'The operator {operator} at character {position} of _filter does not apply to its parameter',
  ),
  'filter-value': issue(400, 'value', '_filter 第 {position} 个字符处的值无效', 'The value at character {position} of _filter is invalid'),
  'contained-parameter': issue(400, 'not-supported', '{name} 不能与 _contained 一起使用', '{name} cannot be used together with _contained'),
  'lastn-retracted': issue(
    200,
    'informational',
    '结果中有已作废的记录（entered-in-error），它们可能排在有效结果之前；如不需要，请加 status:not=entered-in-error',
    'Among these are Observations that were entered in error, and may stand where a valid one would: leave them out with status:not=entered-in-error',
  ),
  'sort-composite': issue(
    400,
    'not-supported',
    '组合参数 {name} 由多个值组成，没有次序，请按其组成参数排序',
    'Composite parameter {name} has several values and no order: sort by its parts',
  ),
} as const satisfies Record<string, IssueDefinition>
