/**
 * Validation of a resource: JSON structure, base R4, profiles, then rules about what the facts say.
 * Entry: `createValidator()`; everything is compiled when it is first needed.
 */
import type { DecimalTexts } from '../fhir/resource-text.ts'
import type { FhirResource } from '../fhir/types.ts'
import { createBaseWalker, type Walk } from './base-walker.ts'
import { loadBase } from './base.ts'
import { createBaseInvariants } from './invariants.ts'
import { IssueList, type ValidationIssue } from './issue.ts'
import { type Definition, indexDefinitions, readGenerated, unversioned } from './profile-definitions.ts'
import { compileProfile, type ProfileNode } from './profile-tree.ts'
import { walkProfile } from './profile-walker.ts'
import { applyRules } from './rules/rules.ts'

export type { ValidationIssue } from './issue.ts'

export interface ValidateOptions {
  /** profiles beside those of meta.profile */
  profiles?: readonly string[]
  mode: 'create' | 'update'
  /** number texts as sent, for sums of money */
  decimals?: DecimalTexts
}

export interface Validator {
  /** All that is wrong with the resource, errors and warnings; it never throws for what a client may send. */
  validate(resource: FhirResource, options: ValidateOptions): ValidationIssue[]
  /** canonicals of the profiles on a resource type */
  profilesFor(type: string): string[]
  /** whether a canonical is a profile or extension that is checked here */
  knows(canonical: string): boolean
}

export interface ValidatorOptions {
  /** StructureDefinitions (with snapshot), ValueSets and CodeSystems of the site, beside the generated ones */
  definitions?: readonly Definition[]
}

const CORE = 'http://hl7.org/fhir/StructureDefinition/'

type Json = Record<string, unknown>

/**
 * Reads the generated definitions (about 50 ms) and answers a validator; types and profiles are compiled at first use.
 * @throws Error when the generated files are missing
 */
export function createValidator(options: ValidatorOptions = {}): Validator {
  const { structures, tree, evaluator, checkStructure, bindings } = loadBase()
  const definitions = indexDefinitions([...readGenerated(), ...(options.definitions ?? [])])
  const compiled = new Map<string, ProfileNode>()
  const walkBase = createBaseWalker({
    tree,
    bindings,
    invariantsOf: createBaseInvariants(structures, evaluator),
    nested,
    extension,
  })

  function profileOf(canonical: string): ProfileNode | undefined {
    const known = compiled.get(canonical)
    if (known) return known
    const definition = definitions.structures.get(canonical)
    if (!definition) return undefined
    const made = compileProfile(definition, { definitions, tree, evaluator })
    compiled.set(canonical, made)
    return made
  }

  function extension(value: Json, at: string, walk: Walk): void {
    if (!walk.invariants || typeof value.url !== 'string') return
    const profile = profileOf(value.url)
    if (profile) walkProfile(profile, value, at, walk, value.url)
  }

  function nested(resource: Json, at: string, walk: Walk, contained: boolean): void {
    const root = contained ? walk.env.rootResource : resource
    validateAt(resource, at, { ...walk, env: { ...walk.env, rootResource: root } }, [])
  }

  /** One resource and what is in it. Profiles are only asked when the base is sound: they would repeat its errors. */
  function validateAt(resource: Json, at: string, outer: Pick<Walk, 'issues' | 'decimals' | 'env'>, extra: readonly string[]): void {
    const { issues, decimals } = outer
    const type = resource.resourceType
    const node = typeof type === 'string' && tree.isResource(type) ? tree.node(type) : undefined
    if (!node || typeof type !== 'string') {
      issues.add({ severity: 'error', code: 'type', expression: `${at}.resourceType`, rule: 'resource type', kind: 'structure' })
      return
    }
    const sound = checkStructure(type, resource, at, issues)
    const env = { resource, rootResource: outer.env.rootResource, context: resource }
    const walk: Walk = { env, issues, decimals, invariants: sound }
    walkBase(node, resource, at, walk)
    if (!sound) return
    for (const canonical of claimed(resource, extra, at, issues)) applyProfile(canonical, type, resource, at, walk)
    applyRules(resource as FhirResource, at, decimals, issues)
  }

  function applyProfile(canonical: string, type: string, resource: Json, at: string, walk: Walk): void {
    const definition = definitions.structures.get(canonical)
    const profile = profileOf(canonical)
    if (!definition || !profile) return
    if (definition.type === type) walkProfile(profile, resource, at, walk, canonical)
    else walk.issues.add({ severity: 'error', code: 'type', expression: at, rule: definition.type, profile: canonical, kind: 'profile' })
  }

  /** Profiles to check; one that is not known here is worth a warning, not a refusal. */
  function claimed(resource: Json, extra: readonly string[], at: string, issues: IssueList): string[] {
    const own = (resource.meta as { profile?: (string | null)[] } | undefined)?.profile ?? []
    // A place with only an extension is null; the base walker has looked at it.
    const urls = own.map((canonical) => unversioned(canonical ?? ''))
    urls.forEach((url, index) => {
      if (url === '' || definitions.structures.has(url) || url === CORE + resource.resourceType) return
      issues.add({
        severity: 'warning',
        code: 'profile-unknown',
        expression: `${at}.meta.profile[${index}]`,
        rule: 'profile',
        kind: 'profile',
      })
    })
    return [...new Set([...urls, ...extra.map(unversioned)])]
  }

  return {
    validate(resource, { profiles = [], decimals }) {
      const issues = new IssueList()
      const env = { resource, rootResource: resource, context: resource }
      validateAt(resource, resource.resourceType, { issues, decimals, env }, profiles)
      return issues.found
    },
    profilesFor: (type) =>
      [...definitions.structures.values()].filter((each) => each.type === type && type !== 'Extension').map((each) => each.url),
    knows: (canonical) => definitions.structures.has(unversioned(canonical)),
  }
}
