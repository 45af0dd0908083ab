/**
 * Mutants of profiles: the compiled StructureDefinition with one constraint dropped or changed. One that no example tells from the
 * profile shows a constraint that nothing tests.
 */
import {
  readGenerated,
  type Definition,
  type ProfileDefinition,
  type SnapshotElement,
} from '../../server/validation/profile-definitions.ts'
import { loadStructures } from '../../server/validation/definitions.ts'
import { createTypeTree } from '../../server/validation/type-tree.ts'
import { createValidator } from '../../server/validation/validator.ts'
import { ALL } from './cases/all.ts'
import { type Expected, profile, type ProfileCases } from './cases/case.ts'
import { EXTENSIONS } from './cases/extensions.ts'

export interface Mutant {
  /** profile, element and what is changed */
  name: string
  url: string
  definition: ProfileDefinition
}

type Change = Partial<SnapshotElement>
type Differential = SnapshotElement & { constraint?: { key: string }[] }

const tree = createTypeTree(loadStructures())

/** Every single change of what the profile itself says (not of what it inherits). */
export function mutantsOf(definition: ProfileDefinition): Mutant[] {
  const own = definition.differential.element as Differential[]
  return own.flatMap((told) => {
    const element = definition.snapshot.element.find(({ id }) => id === told.id)
    if (!element) throw new Error(`${definition.url}: no ${told.id} in the snapshot`)
    const place = placeOf(told, definition)
    const changes = changesOf(told, element).filter(([what]) => !isEquivalent(what, place))
    return changes.map(([what, change]) => ({
      name: `${definition.url.slice(definition.url.lastIndexOf('/') + 1)} ${told.id}: ${what}`,
      url: definition.url,
      definition: withElement(definition, told.id, change),
    }))
  })
}

/** What an element is to the slice that it stands in. */
interface Place {
  /** the slice is known by this element */
  isDiscriminator: boolean
  /** the slice demands nothing of its items: it only gives them a name */
  isOnlyNamed: boolean
  isUrl: boolean
}

function placeOf({ id }: Differential, { snapshot, differential }: ProfileDefinition): Place {
  const [, slice = '', path] = /^(.*:[^.:]+)\.(.+)$/.exec(id) ?? []
  const list = snapshot.element.find((element) => element.id === slice.slice(0, slice.lastIndexOf(':')))
  const element = snapshot.element.find((each) => each.id === slice)
  const others = differential.element.filter((each) => each.id.startsWith(`${slice}.`) && each.id !== id)
  const own = differential.element.find((each) => each.id === slice) as Differential | undefined
  const isFree = element !== undefined && element.min === 0 && element.max === element.base.max && !own?.constraint
  return {
    isDiscriminator: (list?.slicing?.discriminator ?? []).some((each) => each.path === path),
    isOnlyNamed: isFree && others.length === 0,
    isUrl: id === 'Extension.url',
  }
}

/**
 * Changes after which every verdict is the same: an item without the value that its slice is known by is of no slice, so the value
 * need not be mandatory besides; a slice that demands nothing may be known by anything; an extension is found by its url.
 */
function isEquivalent(what: string, { isDiscriminator, isOnlyNamed, isUrl }: Place): boolean {
  if (isUrl) return what === 'value dropped'
  return isDiscriminator && (what === 'min dropped' || (isOnlyNamed && what.startsWith('value')))
}

function withElement(definition: ProfileDefinition, id: string, change: Change): ProfileDefinition {
  const element = definition.snapshot.element.map((each) => (each.id === id ? { ...each, ...change } : each))
  return { ...definition, snapshot: { element } }
}

function changesOf(told: Differential, element: SnapshotElement): [what: string, change: Change][] {
  return [
    ...cardinality(told, element),
    ...types(told, element),
    ...values(told, element),
    ...bindings(told, element),
    ...constraints(told, element),
    ...slicing(told, element),
  ]
}

function cardinality(told: Differential, element: SnapshotElement): [string, Change][] {
  const min = element.sliceName === undefined ? element.base.min : 0
  return [
    ...(told.min !== undefined && element.min > min ? [['min dropped', { min }] as [string, Change]] : []),
    ...(told.max !== undefined && element.max !== element.base.max ? [['max dropped', { max: element.base.max }] as [string, Change]] : []),
  ]
}

/** Types of the element in base R4. */
function baseTypes({ base }: SnapshotElement): string[] {
  const steps = base.path.replace('[x]', '').split('.')
  let node = tree.node(steps[0] ?? '')
  for (const step of steps.slice(1, -1)) node = node?.keys.get(step)?.content()
  return [...(node?.keys.values() ?? [])].find((info) => info.element.name === steps.at(-1))?.element.types ?? []
}

function types(told: Differential, element: SnapshotElement): [string, Change][] {
  const found: [string, Change][] = []
  const type = element.type ?? []
  if (!told.type) return found
  const all = baseTypes(element)
  if (element.path.endsWith('[x]') && all.length > type.length)
    found.push(['types dropped', { type: all.map((code) => type.find((each) => each.code === code) ?? { code }) }])
  if (told.type.some((each) => each.targetProfile))
    found.push(['targets dropped', { type: type.map(({ targetProfile: _, ...each }) => each) }])
  return found
}

function values(told: Differential, element: SnapshotElement): [string, Change][] {
  const key = Object.keys(told).find((name) => /^(?:fixed|pattern)[A-Z]/.test(name))
  if (key === undefined) return []
  return [
    ['value dropped', { [key]: undefined }],
    ['value changed', { [key]: changed(element[key]) }],
  ]
}

/** The same with one text changed. */
function changed(value: unknown): unknown {
  if (typeof value === 'string') return `${value}x`
  if (Array.isArray(value)) return [changed(value[0]), ...value.slice(1)]
  const entries = Object.entries(value as object)
  const last = entries.length - 1
  return Object.fromEntries(entries.map(([name, each], index) => [name, index === last ? changed(each) : each]))
}

function bindings(told: Differential, element: SnapshotElement): [string, Change][] {
  const { binding } = element
  const strength = binding?.strength
  if (!told.binding || !binding || (strength !== 'required' && strength !== 'extensible')) return []
  const other = strength === 'required' ? 'extensible' : 'required'
  return [
    ['binding dropped', { binding: { strength: 'example' } }],
    [`binding ${other}`, { binding: { ...binding, strength: other } }],
  ]
}

function constraints(told: Differential, element: SnapshotElement): [string, Change][] {
  const all = element.constraint ?? []
  return (told.constraint ?? []).flatMap(({ key }): [string, Change][] => [
    [`${key} dropped`, { constraint: all.filter((each) => each.key !== key) }],
    [
      `${key} of another severity`,
      { constraint: all.map((each) => (each.key === key ? { ...each, severity: each.severity === 'error' ? 'warning' : 'error' } : each)) },
    ],
  ])
}

/** The rule of extensions is that of R4: it is not the profile's own. */
function slicing(told: Differential, element: SnapshotElement): [string, Change][] {
  if (!told.slicing || !element.slicing || /\.(?:modifierE|e)xtension$/.test(element.path)) return []
  const rules = element.slicing.rules === 'closed' ? 'open' : 'closed'
  return [[`slicing ${rules}`, { slicing: { ...element.slicing, rules } }]]
}

const CASES: readonly ProfileCases[] = [...ALL, ...EXTENSIONS]

/** Cases that speak of the profile: its own, and those of any profile that expect an issue of it. */
const casesOf = (url: string): readonly ProfileCases[] =>
  CASES.filter((cases) => profile(cases.id) === url || cases.broken.some(([, , expected]) => expected.profile === url))

/**
 * Whether an example tells the mutant from the profile: a sound one has an issue, or a broken one has not its issue. undefined: the
 * mutant is no profile at all (a slice without a value to know it by).
 */
export function isKilled({ url, definition }: Mutant): boolean | undefined {
  const validator = createValidator({ definitions: [definition as Definition] })
  try {
    return casesOf(url).some((cases) => {
      const issuesOf = (resource: ProfileCases['valid']) => validator.validate(resource, { mode: 'create' })
      if (issuesOf(cases.valid).length > 0) return true
      return cases.broken.some(([, change, expected]) => {
        const resource = structuredClone(cases.valid)
        change(resource)
        return !issuesOf(resource).some((issue) => isExpected(issue, expected, cases.id))
      })
    })
  } catch (error) {
    if (error instanceof Error && /discriminator/.test(error.message)) return undefined
    throw error
  }
}

function isExpected(issue: ReturnType<ReturnType<typeof createValidator>['validate']>[number], expected: Expected, id: string): boolean {
  const from = expected.profile === undefined ? profile(id) : (expected.profile ?? undefined)
  return (
    issue.code === expected.code &&
    issue.expression === expected.expression &&
    issue.severity === (expected.severity ?? 'error') &&
    issue.profile === from &&
    (expected.rule === undefined || issue.rule === expected.rule)
  )
}

export function allMutants(): Mutant[] {
  return readGenerated().flatMap((each) => (each.resourceType === 'StructureDefinition' ? mutantsOf(each) : []))
}
