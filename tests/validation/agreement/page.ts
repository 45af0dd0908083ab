/** The generated part of docs/validation.md: how far both validators agree, and who is right where they do not. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { agreementOf, type Comparison } from './compare.ts'
import { JUDGEMENTS, judgementOf } from './judgements.ts'

export const PAGE = join(import.meta.dirname, '..', '..', '..', 'docs', 'validation.md')
const [BEGIN, END] = ['<!-- generated: npm run record:verdicts -->', '<!-- end of what is generated -->']

const GROUPS: Record<string, string> = {
  official: 'official examples',
  definition: 'official definitions',
  own: 'valid and invalid examples of this project',
  seed: 'seeded errors of six classes',
  mutant: 'official examples with one thing broken',
}

/** @throws when the page has no place for it */
export function writePage(comparison: Comparison): void {
  const text = readFileSync(PAGE, 'utf8')
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (begin < 0 || end < 0) throw new Error(`${PAGE} has no generated part`)
  writeFileSync(PAGE, `${text.slice(0, begin)}${BEGIN}\n\n${generated(comparison)}\n${text.slice(end)}`)
}

const percent = (part: number): string => `${(part * 100).toFixed(1)} %`

function generated({ counts, differences, sound }: Comparison): string {
  const notR4 = (of: string): number => differences.filter(({ group, by, kinds }) => group === of && judgementOf(by, kinds)?.notR4).length
  const rows = Object.entries(counts).map(
    ([group, { same, ours, theirs }]) =>
      `| ${GROUPS[group] ?? group} | ${same} | ${ours} | ${theirs} | ${percent(same / Math.max(1, same + ours + theirs))} | ${percent(same / Math.max(1, same + ours + theirs - notR4(group)))} |`,
  )
  const judged = JUDGEMENTS.map((judgement) => ({
    judgement,
    found: differences.filter(({ by, kinds }) => judgementOf(by, kinds) === judgement),
  })).filter(({ found }) => found.length > 0)
  return [
    `Of all elements with an error, ${percent(agreementOf(counts))} have one for both; ${sound} resources are sound for both.`,
    '',
    '| what was asked | error for both | only ours | only theirs | agreement | without rules that R4 does not have |',
    '|---|--:|--:|--:|--:|--:|',
    ...rows,
    '',
    '| differences | who finds an error | right is | why |',
    '|--:|---|---|---|',
    ...judged.map(({ judgement, found }) => `| ${found.length} | ${judgement.by} | ${judgement.right} | ${judgement.why} |`),
    '',
    'Each of them:',
    '',
    ...differences.map(({ name, element, by, kinds }) => `- ${name}: \`${element}\`, ${by}: ${kinds.join(', ')}`),
    '',
  ].join('\n')
}
