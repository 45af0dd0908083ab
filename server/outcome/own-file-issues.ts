/** What is wrong with files that hospitals export themselves: DBF tables, documents with an index, batches of messages. */
import { issue, type IssueDefinition } from './issue.ts'

export const OWN_FILE_ISSUES = {
  'batch-messages-count': issue(
    422,
    'incomplete',
    '批中的报文数与批尾（BTS-1）所记不符：可能缺少报文；其余报文已逐条处理',
    'The batch has not as many messages as its trailer (BTS-1) says: some may be missing. Those that are there were taken one by one',
  ),
  'file-batches-count': issue(
    422,
    'incomplete',
    '文件中的批数与文件尾（FTS-1）所记不符：可能缺少批；其余报文已逐条处理',
    'The file has not as many batches as its trailer (FTS-1) says: some may be missing. The messages that are there were taken one by one',
  ),
  'dbf-damaged': issue(422, 'structure', 'DBF 文件头损坏或不受支持', 'The head of the DBF file is damaged, or of a kind that is not read'),
  'drop-file-unreadable': issue(
    422,
    'security',
    '投递目录中的文件无法读取：没有权限，或已不是普通文件',
    'The file in the drop folder cannot be read: there is no permission, or it is no plain file any more',
  ),
  'table-rows-count': issue(
    422,
    'incomplete',
    '文件的行数与其表头所记不符：文件被截断，或其后还有内容',
    'The file has not as many rows as its head says: it was cut off, or something stands behind them',
  ),
  'table-row-flag': issue(422, 'structure', '此行的删除标记无法识别，已隔离', 'The mark of deletion of the row is none; quarantined'),
  'document-file-missing': issue(
    422,
    'not-found',
    '索引所列文件不在压缩包中，已隔离',
    'The index names a file that is not there; quarantined',
  ),
  'document-hash': issue(
    422,
    'conflict',
    '文件内容与索引所记的摘要不符，已隔离',
    'The file is not the one whose digest the index gives; quarantined',
  ),
  'document-index-missing': issue(
    422,
    'required',
    '没有索引文件，或有多个索引文件：需要一个列出各文件的 CSV 或 TXT',
    'There is no index, or more than one: one CSV or TXT has to list the files',
  ),
  'document-kind': issue(
    422,
    'not-supported',
    '文件不是 PDF、JPEG、PNG 或 TIFF，或与其扩展名不符，已隔离',
    'The file is no PDF, JPEG, PNG or TIFF, or not what its name says; quarantined',
  ),
  'document-listed-twice': issue(
    422,
    'duplicate',
    '索引中有多行列出同一文件或同一文书号，已隔离',
    'Several rows of the index name one file, or one document; quarantined',
  ),
  'document-not-listed': issue(422, 'not-found', '索引没有列出此文件，已隔离', 'The index does not name the file; quarantined'),
} as const satisfies Record<string, IssueDefinition>
