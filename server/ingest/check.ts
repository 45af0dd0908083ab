/** The validate step: what is wrong with a folded resource, and whether it can be stored at all. */
import { codeSystem } from '../fhir/canonical.ts'
import type { FhirResource } from '../fhir/types.ts'
import { type ParsedResource, parseMade, parseResource, withMeta } from '../fhir/resource-text.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import { listRule } from './fold/rules.ts'
import type { SaidOfOthers } from './fold/stored.ts'
import type { Folded } from './fold/types.ts'
import type { FoundIssue, IngestDeps, IngestSource, ReceiptIssue } from './types.ts'

export interface Checked {
  /**
   * why nothing of its record is stored: it is no R4 resource, or the source is configured to be refused for what is wrong with it, or it would
   * list more than can be kept
   */
  refused?: 'resource-invalid' | 'source-refused' | 'list-too-long'
  issues: ReceiptIssue[]
  /** what was checked, with the kinds of its issues as tags, so that the writer need not read it again */
  parsed: ParsedResource
}

type CheckDeps = Pick<IngestDeps, 'validate' | 'store' | 'decision'>

/**
 * What breaks a profile is stored with the kinds of its issues in `meta.tag`, counted and reported, unless the configuration of a
 * source says that it is refused; what is no R4 resource at all goes to quarantine. Texts name element, rule and profile, never a value.
 * @param sources those whose record this is; none where nobody has just said it
 * @throws OutcomeError unavailable: nobody knows the stored codes
 */
export async function checkFolded(deps: CheckDeps, folded: Folded, sources: readonly IngestSource[] = []): Promise<Checked> {
  const parsed = parseMade(folded.text)
  if (hasLongList(folded.type, parsed.resource)) return { refused: 'list-too-long', issues: [], parsed }
  const found = errorsIn(await deps.validate(parsed.resource, parsed.decimals))
  if (found.length === 0) return { issues: [], parsed }
  const suspects = found.filter((issue) => issue.base || sources.some((source) => refuses(source, issue)))
  const refusing = new Set(suspects.some(({ base }) => base) ? suspects : await own(deps, folded, suspects))
  return {
    ...(refusing.size === 0 ? {} : { refused: [...refusing].some(({ base }) => base) ? 'resource-invalid' : 'source-refused' }),
    issues: found.map((issue) => ({
      severity: refusing.has(issue) ? 'error' : 'warning',
      code: 'rule',
      at: issue.expression,
      rule: issue.rule,
      ...(issue.profile !== undefined && { profile: issue.profile }),
    })),
    parsed: flagged(
      parsed,
      found.map(({ code }) => code),
    ),
  }
}

/** Of the lists that records add to; how long others may be is a matter of the message. */
const hasLongList = (type: string, resource: FhirResource): boolean =>
  Object.entries(resource).some(
    ([element, value]) => Array.isArray(value) && value.length > INGEST_BOUNDS.listMembersMax && listRule(type, element) !== undefined,
  )

const errorsIn = (found: readonly FoundIssue[]): FoundIssue[] =>
  found.filter(({ severity }) => severity === 'error' || severity === 'fatal')

/** A rule is named by the code of its issues, by its own key, or by the profile that says it. */
function refuses({ validation }: IngestSource, { code, rule, profile }: FoundIssue): boolean {
  if (!validation) return false
  const { strict, refuse, pass } = validation
  const isNamed = (names: ReadonlySet<string>): boolean =>
    names.has(code) ||
    names.has(rule) ||
    (profile !== undefined && (names.has(profile) || names.has(profile.slice(profile.lastIndexOf('/') + 1))))
  return strict ? !isNamed(pass) : isNamed(refuse)
}

/** A resource is what all its sources say: what was wrong with it before is no fault of who speaks now. */
async function own(deps: CheckDeps, { type, id }: Folded, suspects: readonly FoundIssue[]): Promise<readonly FoundIssue[]> {
  if (suspects.length === 0) return suspects
  const standing = await deps.store.read(deps.decision, type, id)
  if (!standing || standing.deleted) return suspects
  const before = parseResource(Buffer.from(standing.body).toString('utf8'))
  const known = new Set(errorsIn(await deps.validate(before.resource, before.decimals)).map(nameOf))
  return suspects.filter((issue) => !known.has(nameOf(issue)))
}

const nameOf = ({ code, expression, rule, profile = '' }: FoundIssue): string => [code, expression, rule, profile].join('\n')

const ISSUE = codeSystem('yilian-issue')

/** `_tag` finds by them what a source sent with issues; which element each is about, `$validate` says. */
function flagged(parsed: ParsedResource, codes: readonly string[]): ParsedResource {
  const tags = Array.isArray(parsed.resource.meta?.tag) ? parsed.resource.meta.tag : []
  const tag = [...tags, ...[...new Set(codes)].sort().map((code) => ({ system: ISSUE, code }))]
  return parseResource(withMeta(parsed.text, JSON.stringify({ ...parsed.resource.meta, tag })))
}

/** One number, two persons: whoever goes first is seen, the other is kept until somebody has looked at it. */
export const otherPerson = ({ kept, taken }: SaidOfOthers): ReceiptIssue[] => [
  ...kept.map((type): ReceiptIssue => ({ severity: 'warning', code: 'other-person', at: type })),
  ...taken.map((type): ReceiptIssue => ({ severity: 'warning', code: 'other-person-before', at: type })),
]
