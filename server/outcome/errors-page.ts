/**
 * docs/errors.md, made of the registry of issues: `npm run build:errors` writes it, `tests/outcome/errors-page.test.ts` finds out
 * when it is old.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ISSUES, type IssueDefinition } from './issues.ts'

export const ERRORS_PAGE = fileURLToPath(new URL('../../docs/errors.md', import.meta.url))

const HEAD = `# Errors

Made of \`server/outcome/issues.ts\` by \`npm run build:errors\`; do not edit.

Every error is an OperationOutcome: \`issue.code\` is the type, \`issue.details.coding\` the code below (system \`https://fhir-cn.example/CodeSystem/yilian-issue\`), \`details.text\` the Chinese
text, \`diagnostics\` the English one, and \`expression\` the element, the header (\`http.If-Match\`) or the parameter that is meant. Codes stay; texts may change. The status is that of the issue when it is
an error; an answer has the highest of its errors. Codes with 200 only inform, and so do those of others with the severity \`warning\` or \`information\`. \`{name}\` stands for a limit, a rule or a name, never for
somebody's data. What is hidden answers \`not-found\`, as what is absent.

`

/** The whole page. */
export function errorsPage(): string {
  const rows = Object.entries(ISSUES as Record<string, IssueDefinition>)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { status, type, zh, en }]) => `| \`${code}\` | ${status} | ${type} | ${cell(zh)} | ${cell(en)} |`)
  return `${HEAD}| code | status | type | 中文 | English |\n|---|---|---|---|---|\n${rows.join('\n')}\n`
}

const cell = (text: string): string => text.replaceAll('|', '\\|')

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(ERRORS_PAGE, errorsPage())
