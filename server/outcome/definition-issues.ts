/** Causes that validation finds in how parts of a resource hang together: a part of the table in issues.ts. */
import type { IssueDefinition } from './issue.ts'

export const DEFINITION_ISSUES = {
  'bundle-link': {
    status: 422,
    type: 'structure',
    zh: '引用指向本 Bundle 中的资源，但按条目的 fullUrl 找不到它',
    en: 'The reference means an entry of the Bundle, but does not lead to it by its fullUrl',
  },
  'bundle-unreached': {
    status: 422,
    type: 'structure',
    zh: '首个条目未直接或间接引用此条目（{rule}）',
    en: 'The first entry leads to this one neither directly nor indirectly ({rule})',
  },
  'binding-extensible': {
    status: 422,
    type: 'code-invalid',
    zh: '代码均不在值集 {rule} 中；仅当该值集没有合适的概念时，才可使用其他代码系统',
    en: 'No code is in value set {rule}: one of another system is right only where the set has no concept that fits',
  },
  'map-path': { status: 422, type: 'value', zh: '映射规则中的 {rule} 不存在', en: 'The {rule} that the rule names does not exist' },
  'definition-kind': { status: 422, type: 'structure', zh: 'kind 与类型 {rule} 不符', en: 'The kind is not that of type {rule}' },
  'definition-slicing': {
    status: 422,
    type: 'structure',
    zh: '切片之前没有定义 slicing',
    en: 'The slice comes without a slicing before it',
  },
  'definition-expression': {
    status: 422,
    type: 'value',
    zh: '约束的表达式引用了该类型没有的元素 {rule}',
    en: 'The expression of the constraint names {rule}, which the type does not have',
  },
  'modifier-unknown': { status: 422, type: 'extension', zh: '未知的修饰扩展（modifierExtension）', en: 'Unknown modifier extension' },
} as const satisfies Record<string, IssueDefinition>
