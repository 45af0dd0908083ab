/** Archives that a source sends: why one is refused as a whole, or a file of it. */
import { issue, type IssueDefinition } from './issue.ts'

export const ARCHIVE_ISSUES = {
  'archive-bomb': issue(422, 'too-costly', '压缩包展开后过大，已拒收', 'The archive expands to more than is accepted'),
  'archive-damaged': issue(
    422,
    'structure',
    '压缩包不完整或已损坏（长度、校验值或目录不符）',
    'The archive is incomplete or damaged: a length, a checksum or its directory does not agree',
  ),
  'archive-empty': issue(422, 'required', '压缩包中没有文件', 'The archive holds no file'),
  'archive-entries': issue(422, 'too-costly', '压缩包中的文件过多', 'The archive holds more files than are accepted'),
  'archive-entry-repeated': issue(422, 'duplicate', '压缩包中有同名文件', 'The archive holds two files of one name'),
  'archive-entry-unsupported': issue(
    422,
    'not-supported',
    '压缩包中的此文件不是该来源的数据文件，仅保留原文',
    'This file of the archive is none of those that the source sends: kept in the raw payload only',
  ),
  'archive-path': issue(
    422,
    'security',
    '压缩包中有不安全的文件名（上级目录、根目录、盘符或控制字符）',
    'The archive holds an unsafe file name: a way up, a root, a drive or a control character',
  ),
  'archive-unsupported': issue(
    422,
    'not-supported',
    '压缩包已加密或使用了不支持的压缩方法',
    'The archive is encrypted, or packed by a method that is not supported',
  ),
} as const satisfies Record<string, IssueDefinition>
