/** Causes that have to do with the search parameters of operators: a part of the table in issues.ts. */
import type { IssueDefinition } from './issue.ts'

export const PARAMETER_ISSUES = {
  'parameter-building': {
    status: 400,
    type: 'transient',
    zh: '检索参数 {name} 正在建立索引，完成后方可使用',
    en: 'Search parameter {name} is being built: it can be used once all that is stored is indexed by it',
  },
  'search-parameter-code': {
    status: 422,
    type: 'duplicate',
    zh: '检索参数的代码不可用：已被占用、被保留，或不是由字母、数字和连字符组成的名称',
    en: 'The code of the search parameter cannot be used: it is taken or reserved, or is no name of letters, digits and hyphens',
  },
  'search-parameter-base': {
    status: 422,
    type: 'value',
    zh: '检索参数的适用类型不可用，或表达式未从这些类型开始',
    en: 'The search parameter cannot be for these types, or its expression does not start at each of them and at no other',
  },
  'search-parameter-expression': {
    status: 422,
    type: 'not-supported',
    zh: '检索参数的表达式无法解析、指向不存在的元素，或超出可安全索引的 FHIRPath 范围',
    en: 'The expression of the search parameter cannot be read, leads to no element, or is beyond the FHIRPath that can be indexed by safely',
  },
  'search-parameter-type': {
    status: 422,
    type: 'value',
    zh: '检索参数的类型（或目标类型）与其表达式所指的元素不符',
    en: 'The type of the search parameter (or its target) does not fit the elements to which its expression leads',
  },
  'search-parameter-component': {
    status: 422,
    type: 'business-rule',
    zh: '组合检索参数的各部分须由有效的检索参数描述，且其元素包含在该参数之内',
    en: 'Each part of a composite must be described by a search parameter in force that has the elements of the part among its own',
  },
  'search-parameters-many': {
    status: 422,
    type: 'too-costly',
    zh: '有效的自定义检索参数超过 {max} 个',
    en: 'There are more than {max} search parameters of operators in force',
  },
} as const satisfies Record<string, IssueDefinition>
