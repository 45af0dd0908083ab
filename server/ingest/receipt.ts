/** The receipt: what became of each record of a payload, as an OperationOutcome. */
import { BASE, codeSystem } from '../fhir/canonical.ts'
import { ISSUES, type IssueCode } from '../outcome/issues.ts'
import { fill, type OperationOutcome } from '../outcome/render.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import type { IngestTables } from './tables.ts'
import type { PayloadDoc, ReceiptIssue } from './types.ts'

/** Counts of a payload as they stand now; what waited or was quarantined may have been stored since. */
export interface ReceiptCounts {
  records: number
  stored: number
  storedWithIssues: number
  unchanged: number
  waiting: number
  quarantined: number
  /** not collected because the person refuses it */
  refused: number
  /** questions and the like: nothing to store */
  nothing: number
  resources: number
}

/** records = stored + storedWithIssues + unchanged + waiting + quarantined + refused + nothing */
export async function receiptCounts(tables: IngestTables, payload: PayloadDoc): Promise<ReceiptCounts> {
  const [waiting, quarantined] = payload.counts.open === 0 ? [0, 0] : await openCounts(tables, payload._id)
  const { total, withIssues, unchanged, refused, nothing, resources } = payload.counts
  const stored = total - withIssues - unchanged - waiting - quarantined - refused - nothing
  return { records: total, stored, storedWithIssues: withIssues, unchanged, waiting, quarantined, refused, nothing, resources }
}

const openCounts = (tables: IngestTables, payload: string): Promise<[number, number]> =>
  Promise.all([tables.waiting.count({ payload }), tables.quarantine.count({ payload, state: 'open' })])

export function receiptOutcome(payload: PayloadDoc, counts: ReceiptCounts): OperationOutcome {
  const issues = JSON.parse(payload.issues) as ReceiptIssue[]
  return {
    resourceType: 'OperationOutcome',
    id: payload._id,
    extension: [
      {
        url: `${BASE}/StructureDefinition/ingest-receipt`,
        extension: [
          { url: 'payload', valueId: payload._id },
          { url: 'status', valueCode: payload.status },
          { url: 'received', valueInstant: payload.receivedAt.toISOString() },
          { url: 'sha256', valueString: payload.hash },
          ...Object.entries(counts).map(([url, valueInteger]) => ({ url, valueInteger })),
        ],
      },
    ],
    issue: [summary(payload, counts), ...issues.map(renderIssue)],
  }
}

function summary(payload: PayloadDoc, c: ReceiptCounts): Record<string, unknown> {
  const parts: [string, string, number][] = [
    ['已入库', 'stored', c.stored],
    ['入库但有问题', 'stored with issues', c.storedWithIssues],
    ['无变化', 'unchanged', c.unchanged],
    ['待患者信息', 'waiting for their patient', c.waiting],
    ['已隔离', 'quarantined', c.quarantined],
    ['未收集', 'not collected', c.refused],
    ['无需入库', 'nothing to store', c.nothing],
  ]
  const said = parts.filter(([, , count]) => count > 0)
  const zh = said.map(([text, , count]) => `${text} ${count}`).join('，')
  const en = said.map(([, text, count]) => `${count} ${text}`).join(', ')
  return {
    severity: c.quarantined > 0 && c.quarantined === c.records ? 'error' : 'information',
    code: 'informational',
    details: {
      coding: [{ system: codeSystem('yilian-issue'), code: 'ingest-summary' }],
      text: `共 ${c.records} 条记录${zh ? `：${zh}` : ''}；资源 ${c.resources} 个（${payload.status}）`,
    },
    diagnostics: `${c.records} record(s)${en ? `: ${en}` : ''}; ${c.resources} resource(s)`,
  }
}

function renderIssue(issue: ReceiptIssue): Record<string, unknown> {
  const known = issue.code in ISSUES ? ISSUES[issue.code as IssueCode] : undefined
  const zh = known ? fill(known.zh, paramsOf(issue)) : issue.code
  const en = known ? fill(known.en, paramsOf(issue)) : issue.code
  const named = issue.profile === undefined || known?.zh.includes('{profile}')
  const profile = named ? '' : ` [${paramsOf(issue).profile}]`
  const more = issue.text === undefined ? '' : ` (${issue.text})`
  return {
    severity: issue.severity,
    code: known?.type ?? 'processing',
    details: { coding: [{ system: codeSystem('yilian-issue'), code: issue.code }], text: `${zh}${profile}${more}` },
    diagnostics: `${en}${profile}${more}`,
    expression: [issue.at],
  }
}

/** As validation's own outcome fills them (server/validation/issue.ts). */
const paramsOf = ({ rule = '', profile, params }: ReceiptIssue) => ({
  rule,
  profile: profile?.slice(profile.lastIndexOf('/') + 1) ?? 'FHIR R4',
  ...params,
})

/** Code of a field that no rule read. */
export const UNREAD: IssueCode = 'mapping-field-unread'

/** Codes of what all rows of a table, or lines of a message, have alike: told where it was first met, so that the rest is not crowded out. */
const TOLD_ONCE: ReadonlySet<string> = new Set<IssueCode>([UNREAD, 'mapping-instant-day', 'mapping-value-assumed'])

/** A field whatever repetition it stands in: `OBX-14` of `OBX[2]-14`. */
export const fieldOf = (name: string): string => name.replace(/\[\d+\]/g, '')

/** Bounded list of a receipt's issues. */
export class IssueList {
  readonly #issues: ReceiptIssue[]
  readonly #once = new Set<string>()

  constructor(known: string) {
    this.#issues = (JSON.parse(known) as ReceiptIssue[]).filter((issue) => this.#isNew(issue))
  }

  add(issues: readonly ReceiptIssue[]): void {
    const left = INGEST_BOUNDS.receiptIssuesMax - this.#issues.length
    if (left > 0) this.#issues.push(...issues.filter((issue) => this.#isNew(issue)).slice(0, left))
  }

  #isNew({ code, at }: ReceiptIssue): boolean {
    if (!TOLD_ONCE.has(code)) return true
    const field = `${code} ${fieldOf(at.slice(at.lastIndexOf(': ') + 2))}`
    if (this.#once.has(field) || this.#once.size >= INGEST_BOUNDS.receiptFieldsMax) return false
    this.#once.add(field)
    return true
  }

  get all(): readonly ReceiptIssue[] {
    return this.#issues
  }

  /** codes of what the sender or an operator could mend, each once */
  get problems(): string[] {
    return [...new Set(this.#issues.filter(({ severity }) => severity !== 'information').map(({ code }) => code))].sort()
  }

  get json(): string {
    return JSON.stringify(this.#issues)
  }
}

/** Short text for a sender's own answer envelope. */
export function answerText(counts: ReceiptCounts, payload: PayloadDoc): { ok: boolean; message: string; warnings: string[] } {
  const ok = payload.status !== 'quarantined' && payload.status !== 'rejected'
  const issues = JSON.parse(payload.issues) as ReceiptIssue[]
  const texts = (severity: ReceiptIssue['severity']): string[] =>
    issues
      .filter((issue) => issue.severity === severity)
      .map((issue) => `${issue.at}: ${issue.code in ISSUES ? fill(ISSUES[issue.code as IssueCode].zh, paramsOf(issue)) : issue.code}`)
  const errors = texts('error')
  return {
    ok,
    message: ok ? `records ${counts.records}` : (errors[0] ?? 'quarantined'),
    warnings: [...(ok ? errors : []), ...texts('warning')],
  }
}
