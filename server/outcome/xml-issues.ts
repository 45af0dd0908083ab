/** Causes that have to do with XML: a part of the table in issues.ts. */
import { issue } from './issue.ts'

export const XML_ISSUES = {
  'xml-invalid': issue(
    400,
    'structure',
    '正文不是格式正确的 XML（第 {line} 行第 {column} 列）',
    'The body is not well-formed XML (line {line}, column {column})',
  ),
  'xml-encoding': issue(415, 'not-supported', '仅接受 UTF-8 编码的 XML', 'XML is accepted in UTF-8 only'),
  'xml-version': issue(400, 'not-supported', '仅接受 XML 1.0', 'Only XML 1.0 is accepted'),
  'xml-doctype': issue(400, 'security', '不接受带 DOCTYPE 的 XML', 'XML with a DOCTYPE is not accepted'),
  'xml-depth': issue(
    400,
    'structure',
    'XML 嵌套超过 {max} 层（第 {line} 行第 {column} 列）',
    'XML is nested deeper than {max} levels (line {line}, column {column})',
  ),
  'xml-elements': issue(413, 'too-costly', 'XML 中的元素超过 {max} 个', 'The XML has more than {max} elements'),
  'xml-attributes': issue(
    400,
    'too-costly',
    '一个 XML 元素的属性超过 {max} 个（第 {line} 行第 {column} 列）',
    'An XML element has more than {max} attributes (line {line}, column {column})',
  ),
  'xml-namespace': issue(
    400,
    'structure',
    'XML 元素的命名空间不正确（第 {line} 行第 {column} 列）',
    'An XML element is in the wrong namespace (line {line}, column {column})',
  ),
  'xml-attribute': issue(
    400,
    'structure',
    '此处不允许该 XML 属性（第 {line} 行第 {column} 列）',
    'The XML attribute is not allowed here (line {line}, column {column})',
  ),
  'xml-order': issue(
    400,
    'structure',
    'XML 元素的顺序不正确（第 {line} 行第 {column} 列）',
    'The XML element is out of its order (line {line}, column {column})',
  ),
  'xml-repeated': issue(
    400,
    'structure',
    'XML 元素不能重复（第 {line} 行第 {column} 列）',
    'The XML element may not be repeated (line {line}, column {column})',
  ),
  'xml-text': issue(
    400,
    'structure',
    '此处不允许文本（第 {line} 行第 {column} 列）',
    'No text is allowed here (line {line}, column {column})',
  ),
  'xml-empty': issue(
    400,
    'structure',
    'XML 元素或属性不能为空（第 {line} 行第 {column} 列）',
    'An XML element or attribute may not be empty (line {line}, column {column})',
  ),
  'xml-resource': issue(
    400,
    'structure',
    '此处应为一个 FHIR 资源（第 {line} 行第 {column} 列）',
    'Exactly one FHIR resource is expected here (line {line}, column {column})',
  ),
}
