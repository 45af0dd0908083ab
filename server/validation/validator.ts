/**
 * Validation of a resource: JSON structure, base R4, profiles, then rules about what the facts say.
 * Entry: `createValidator()`; everything is compiled when it is first needed.
 */
import type { DecimalTexts } from '../fhir/resource-text.ts'
import type { FhirResource } from '../fhir/types.ts'
import { zoneOf } from '../fhir/zone.ts'
import { createBaseWalker, type Holder, type Walk } from './base-walker.ts'
import { loadBase } from './base.ts'
import { membership } from './bindings.ts'
import type { Host } from './fhirpath/functions.ts'
import { isInContext, isModifier, kindOf, reportUnknownParts, suitsContext } from './extensions.ts'
import { createBaseInvariants } from './invariants.ts'
import { IssueList, type ValidationIssue } from './issue.ts'
import { type Definition, indexDefinitions, readGenerated, unversioned } from './profile-definitions.ts'
import { compileProfile, type ProfileNode } from './profile-tree.ts'
import { walkProfile } from './profile-walker.ts'
import { applyRules } from './rules/rules.ts'
import { readable } from './readable.ts'
import { resolveWithin } from './references.ts'
import { NONE_STORED, type StoredCodes } from './stored-codes.ts'
import type { TextContext } from './text-rules/rule.ts'
import { RULES } from './text-rules/rules.ts'

export type { ValidationIssue } from './issue.ts'

export interface ValidateOptions {
  /** profiles beside those of meta.profile */
  profiles?: readonly string[]
  mode: 'create' | 'update'
  /** number texts as sent, for sums of money */
  decimals?: DecimalTexts
  /** also asks of every code whether its stored system has it: that refuses no write (kind `text`) */
  thorough?: boolean
}

export interface Judgement {
  /** as `validate` */
  found: ValidationIssue[]
  /** as `judge`. It rejects with OutcomeError unavailable */
  confirmed: Promise<ValidationIssue[]>
}

export interface Validator {
  /** All that is wrong with the resource, errors and warnings, as far as it is known at once; it never throws for what a client may send. */
  validate(resource: FhirResource, options: ValidateOptions): ValidationIssue[]
  /** The same with what is stored of codes, as of the last `refresh`. @throws OutcomeError unavailable */
  judge(resource: FhirResource, options: ValidateOptions): Promise<ValidationIssue[]>
  /** The same as of `fresh`, a `refresh` that is under way: what is known before it ends, and what is right then. */
  judgement(resource: FhirResource, options: ValidateOptions, fresh?: Promise<void>): Judgement
  /** looks whether what is stored of codes was changed: before what is written is judged. @throws OutcomeError unavailable */
  refresh(): Promise<void>
  /** canonicals of the profiles on a resource type */
  profilesFor(type: string): string[]
  /** those of them that the site demands */
  demandedFor(type: string): readonly string[]
  /** whether a canonical is a profile or extension that is checked here */
  knows(canonical: string): boolean
}

export interface ValidatorOptions {
  /** StructureDefinitions (with snapshot), ValueSets and CodeSystems of the site, beside the generated ones */
  definitions?: readonly Definition[]
  /** code systems and value sets that are stored; absent: there are none */
  stored?: StoredCodes
  /** IANA name of the zone of dates, where they meet times; absent: Asia/Shanghai */
  timezone?: string
  /** profiles that the site demands of every resource of a type, whatever it claims itself */
  demanded?: ReadonlyMap<string, readonly string[]>
}

/** What is asked in one go leads to few more questions: only a set that is changed all the time would go on. */
const ROUNDS_MAX = 20

const CORE = 'http://hl7.org/fhir/StructureDefinition/'
/** the version of what R4 defines */
const R4 = '4.0.1'

type Json = Record<string, unknown>

/**
 * Reads the generated definitions (about 50 ms) and answers a validator; types and profiles are compiled at first use.
 * @throws Error when the generated files are missing
 */
export function createValidator(options: ValidatorOptions = {}): Validator {
  const { structures, tree, evaluator, checkStructure, bindings } = loadBase()
  const { stored = NONE_STORED, demanded } = options
  const isRequired = (valueSet: string): boolean => bindings(valueSet) !== undefined
  const definitions = indexDefinitions([...readGenerated(), ...(options.definitions ?? [])], { stored, isRequired })
  /** of the validation that is under way: it waits for nothing */
  let thorough = false
  const compiled = new Map<string, ProfileNode>()
  const walkBase = createBaseWalker({
    tree,
    bindings,
    invariantsOf: createBaseInvariants(structures, evaluator),
    nested,
    extension,
    extensible: definitions.bound,
    text: textRules,
  })

  function profileOf(canonical: string): ProfileNode | undefined {
    const known = compiled.get(canonical)
    if (known) return known
    const definition = definitions.structure(canonical)
    if (!definition) return undefined
    const made = compileProfile(definition, { definitions, tree, evaluator })
    compiled.set(canonical, made)
    return made
  }

  function extension(value: Json, at: string, walk: Walk, holder: Holder, owner: Json): void {
    const { url } = value
    if (typeof url !== 'string') return
    const [definition, profile] = [definitions.structure(url), profileOf(url)]
    const modifies = /\.modifierExtension\[\d+\]$/.test(at)
    if (!definition || !profile) {
      if (modifies)
        walk.issues.add({ severity: 'error', code: 'modifier-unknown', expression: at, rule: 'modifierExtension', kind: 'text' })
      return
    }
    if (!isInContext(definition, holder, tree) || modifies !== isModifier(definition))
      walk.issues.add({ severity: 'error', code: 'extension-place', expression: at, rule: 'context', profile: url, kind: kindOf(url) })
    if (!suitsContext(definition, { evaluator, owner, holder, extension: value, walk }))
      walk.issues.add({
        severity: 'error',
        code: 'extension-place',
        expression: at,
        rule: 'contextInvariant',
        profile: url,
        kind: kindOf(url),
      })
    walkProfile(profile, value, at, walk, url)
    reportUnknownParts(profile, value, at, walk, url)
  }

  function lacks(system: string, code: string, version?: string): boolean {
    const asked = { code, system, ...(version === undefined ? {} : { version }) }
    const answer = thorough ? stored.answer(system, asked) : undefined
    return answer === undefined ? definitions.system(system)?.has(code) === false : answer === 'out'
  }

  const codes = (canonical: string) => definitions.codes(canonical) ?? bindings(unversioned(canonical))

  function textRules(type: string, value: unknown, at: string, { issues, env }: Walk): void {
    const rules = RULES.get(type)
    if (!rules) return
    const context: TextContext = {
      resource: env.resource,
      inBundle: env.bundle !== undefined,
      system: definitions.system,
      lacks,
      codes,
      tree,
      report: (code, name, below = '', severity = 'error') =>
        issues.add({ severity, code, expression: `${at}${below}`, rule: name, kind: 'text' }),
    }
    for (const rule of rules) rule(value, context)
  }

  function nested(resource: Json, at: string, walk: Walk, contained: boolean): void {
    const root = contained ? walk.env.rootResource : resource
    const bundle =
      !contained && walk.env.resource !== resource && typeof walk.env.resource === 'object' ? walk.env.resource : walk.env.bundle
    validateAt(resource, at, { ...walk, env: { ...walk.env, rootResource: root, bundle } }, contained ? [] : demandedOf(resource))
  }

  /** What is contained is a part of another resource, of which the site demands something itself. */
  const demandedOf = ({ resourceType }: Json): readonly string[] => demanded?.get(String(resourceType)) ?? []

  /** One resource and what is in it. Profiles are only asked when the base is sound: they would repeat its errors. */
  function validateAt(sent: Json, at: string, outer: Pick<Walk, 'issues' | 'decimals' | 'env'>, extra: readonly string[]): void {
    const { issues, decimals } = outer
    const type = sent.resourceType
    const node = typeof type === 'string' && tree.isResource(type) ? tree.node(type) : undefined
    if (!node || typeof type !== 'string') {
      issues.add({ severity: 'error', code: 'type', expression: `${at}.resourceType`, rule: 'resource type', kind: 'structure' })
      return
    }
    const errors = checkStructure(type, sent, at, issues)
    const sound = errors.length === 0
    const resource = sound ? sent : readable(sent, errors)
    const rootResource = outer.env.rootResource === sent ? resource : outer.env.rootResource
    const env = { ...outer.env, resource, rootResource, context: resource }
    const walk: Walk = { env, issues, decimals, sound }
    textRules(type, resource, at, walk)
    walkBase(node, resource, at, walk)
    if (!sound) return
    for (const canonical of claimed(resource, extra, at, issues)) applyProfile(canonical, type, resource, at, walk)
    applyRules(resource as FhirResource, at, decimals, issues)
  }

  function applyProfile(canonical: string, type: string, resource: Json, at: string, walk: Walk): void {
    const definition = definitions.structure(canonical)
    const profile = profileOf(canonical)
    const wanted = definition?.type ?? baseType(canonical)
    if (wanted === undefined) return
    // The definition of a type itself says nothing that the walk of the base has not.
    if (!tree.descends(type, wanted))
      walk.issues.add({ severity: 'error', code: 'type', expression: at, rule: wanted, profile: canonical, kind: 'profile' })
    else if (profile) walkProfile(profile, resource, at, walk, canonical)
  }

  /** The type of resource whose definition in R4 has the address. */
  function baseType(canonical: string): string | undefined {
    const type = canonical.startsWith(CORE) ? canonical.slice(CORE.length) : ''
    return tree.isResource(type) || type === 'Resource' || type === 'DomainResource' ? type : undefined
  }

  /** A canonical with a version means that version alone (R4 references.html#canonical). */
  function isHere(canonical: string): boolean {
    const url = unversioned(canonical)
    const definition = definitions.structure(url)
    if (!definition && baseType(url) === undefined) return false
    return url === canonical || canonical === `${url}|${definition?.version ?? R4}`
  }

  /** Profiles to check; one that is not known here is worth a warning, not a refusal. */
  function claimed(resource: Json, extra: readonly string[], at: string, issues: IssueList): string[] {
    const own = (resource.meta as { profile?: (string | null)[] } | undefined)?.profile ?? []
    // A place with only an extension is null; the base walker has looked at it.
    const urls = own.flatMap((canonical, index) => {
      if (canonical === null) return []
      if (isHere(canonical)) return [unversioned(canonical)]
      issues.add({
        severity: 'warning',
        code: 'profile-unknown',
        expression: `${at}.meta.profile[${index}]`,
        rule: 'profile',
        kind: 'profile',
      })
      return []
    })
    return [...new Set([...urls, ...extra.filter(isHere).map(unversioned)])]
  }

  const host: Host = {
    zone: zoneOf(options.timezone ?? 'Asia/Shanghai'),
    isMember(value, canonical) {
      const set = bindings(unversioned(canonical)) ?? definitions.bound(canonical)
      if (!set) return undefined
      const type = typeof value === 'string' ? 'code' : 'coding' in ((value ?? {}) as object) ? 'CodeableConcept' : 'Coding'
      const found = membership(set, type, value)
      if (found === 'in') return true
      return found === 'out' || (found === 'absent' && set.complete) ? false : undefined
    },
    conforms(value, canonical, env) {
      const definition = definitions.structure(canonical)
      const profile = profileOf(unversioned(canonical))
      if (!definition || !profile || value === null || typeof value !== 'object') return undefined
      const issues = new IssueList()
      walkProfile(profile, value as Json, definition.type, { env, issues, decimals: undefined, sound: true }, canonical)
      return !issues.hasErrors && ((value as Json).resourceType ?? definition.type) === definition.type
    },
    identifiersOf: (canonical) => definitions.structure(canonical)?.identifier?.map(({ value }) => value),
    resolve: resolveWithin,
  }

  function validate(resource: FhirResource, { profiles = [], decimals, thorough: all = false }: ValidateOptions): ValidationIssue[] {
    const issues = new IssueList()
    const env = { resource, rootResource: resource, context: resource, host }
    thorough = all
    validateAt(resource, resource.resourceType, { issues, decimals, env }, [...demandedOf(resource), ...profiles])
    return withoutRepeated(issues.found)
  }

  function judgement(resource: FhirResource, options: ValidateOptions, fresh?: Promise<void>): Judgement {
    const { state } = stored
    const found = validate(resource, options)
    const confirmed = async () => {
      await fresh
      let last = stored.state === state ? found : validate(resource, options)
      for (let round = 0; round < ROUNDS_MAX && (await stored.settle()); round++) last = validate(resource, options)
      return last
    }
    return { found, confirmed: confirmed() }
  }

  return {
    validate,
    judge: (resource, options) => judgement(resource, options).confirmed,
    judgement,
    refresh: () => stored.refresh(),
    profilesFor: (type) =>
      [...definitions.structures.values()].filter((each) => each.type === type && type !== 'Extension').map((each) => each.url),
    demandedFor: (type) => demanded?.get(type) ?? [],
    knows: isHere,
  }
}

/** A code that its value set does not have is not reported once more because its code system does not have it either. */
function withoutRepeated(found: ValidationIssue[]): ValidationIssue[] {
  if (!found.some(({ code }) => code === 'code-unknown')) return found
  const bound = new Set(
    found.filter(({ code, severity }) => code === 'binding' && severity === 'error').map(({ expression }) => expression),
  )
  const isSaid = ({ code, expression }: ValidationIssue): boolean =>
    code === 'code-unknown' && (bound.has(expression) || bound.has(expression.replace(/\.coding\[\d+\]$/, '')))
  return found.filter((issue) => !isSaid(issue))
}
