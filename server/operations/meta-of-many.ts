/**
 * $meta of a type and of the system (R4 resource-operation-meta.html): the profiles, tags and security labels that are in use in what the
 * asker may see, each once. They are taken from the index; a Coding has its system and code, and no display.
 */
import type { Decision } from '../access/decision.ts'
import { BOUNDS } from '../config/bounds.ts'
import type { FhirResource } from '../fhir/types.ts'
import { bodyText, jsonAnswer } from '../interactions/answers.ts'
import { audited } from '../interactions/audited.ts'
import { checkType, requireScope } from '../interactions/checks.ts'
import { decided } from '../interactions/decided.ts'
import { told } from '../interactions/through.ts'
import { typesToSearch } from '../interactions/type-list.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../interactions/types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { SEPARATOR } from '../search/keys.ts'
import type { KeySet } from '../store/types.ts'
import { checkWithout, META_DEFINITION } from './meta.ts'
import type { Operation } from './types.ts'

const base = { code: 'meta', methods: ['GET', 'POST'], writes: false, run } as const
export const metaOfSystem: Operation = { ...base, on: 'system', level: 'system', definition: META_DEFINITION }
/** The definition is named once, with that of one resource. */
export const metaOfType: Operation = { ...base, on: '*', level: 'type', definition: '' }

/** different sets of labels of one type, and different labels in all */
const SETS_MAX = 2000
const LABELS_MAX = 5000
/** The account of uses has no labels, and each look would add to it. */
const WITHOUT_LABELS: ReadonlySet<string> = new Set(['AuditEvent'])

const LISTS = { profile: '_profile', security: '_security', tag: '_tag' } as const
type List = keyof typeof LISTS
const NAMES = Object.keys(LISTS) as List[]
const startOf = (list: List): string => LISTS[list] + SEPARATOR.system
const STARTS = NAMES.map(startOf)

async function run(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const { actor } = request
  const types = typesOf(request)
  // A masked form has no labels of what it is made of.
  if (actor.form !== 'IDENT' && !actor.unrestricted) throw new OutcomeError('not-permitted')
  checkWithout(request)
  const stored = new Set(await deps.store.types())
  const asked = types.filter((type) => stored.has(type) && !WITHOUT_LABELS.has(type))
  const seen = await decided(deps, request, [], (decision) => labelsIn(deps, decision, asked))
  const { labels, met } = seen.value
  const type = request.segments.length > 1 ? (request.segments[0] ?? '') : ''
  await audited(deps, request, { interaction: 'meta', action: 'E', type, found: told([met]), seen })
  const lists = NAMES.flatMap((list) => (labels[list].size === 0 ? [] : [[list, inOrder(labels[list])] as const]))
  // Where there are none there is no Meta: FHIR has no empty elements (R4 json.html).
  const parameter = lists.length === 0 ? {} : { parameter: [{ name: 'return', valueMeta: Object.fromEntries(lists) }] }
  return jsonAnswer(200, { resourceType: 'Parameters', ...parameter })
}

/** @throws OutcomeError resource-type-unknown, forbidden */
function typesOf({ segments, actor }: FhirRequest): string[] {
  if (segments.length === 1) return typesToSearch(actor, undefined)
  const [type = ''] = segments
  checkType(type)
  requireScope(actor, type, 's')
  return [type]
}

interface Coding {
  system?: string
  code?: string
}

/** By what two are the same. */
type Labels = Record<List, Map<string, string | Coding>>

const inOrder = (labels: Labels[List]): unknown[] => [...labels].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, label]) => label)

/** @throws OutcomeError too-costly: there are more, or they take longer, than one search may */
async function labelsIn(deps: FhirDeps, decision: Decision, types: readonly string[]): Promise<{ labels: Labels; met: KeySet[] }> {
  const labels: Labels = { profile: new Map(), security: new Map(), tag: new Map() }
  const met: KeySet[] = []
  const until = performance.now() + BOUNDS.searchMs
  for (const type of types) {
    const sets = await deps.store.keySets(decision, { type, starts: STARTS, most: SETS_MAX })
    for (const set of sets) {
      if (performance.now() > until) throw new OutcomeError('too-costly')
      await addFrom(deps, decision, set, labels)
    }
    met.push(...sets)
    if (NAMES.reduce((sum, list) => sum + labels[list].size, 0) > LABELS_MAX) throw new OutcomeError('too-costly')
  }
  return { labels, met }
}

/** Of a label that is too long for a key, the key has a beginning and a digest: then a resource that has it is looked at. */
const CUT = '\u0001'

async function addFrom(deps: FhirDeps, decision: Decision, { type, id, keys }: KeySet, labels: Labels): Promise<void> {
  if (keys.some((key) => key.includes(CUT))) {
    const [doc] = await deps.store.readMany(decision, type, [id])
    if (doc && !doc.deleted) addStated(JSON.parse(bodyText(doc)) as FhirResource, labels)
    return
  }
  for (const list of NAMES) {
    const values = keys.flatMap((key) => (key.startsWith(startOf(list)) ? [key.slice(startOf(list).length)] : []))
    for (const value of values) {
      // Beside an address with its version stands the address alone, as what it is found by too.
      const isStated = list !== 'profile' || !values.some((other) => other.startsWith(`${value}|`))
      if (isStated) add(labels, list, list === 'profile' ? value : codingOf(value))
    }
  }
}

function addStated({ meta }: FhirResource, labels: Labels): void {
  for (const list of NAMES) {
    for (const item of (meta?.[list] ?? []) as (string | Coding)[])
      add(
        labels,
        list,
        typeof item === 'string' ? item : { ...(item.system ? { system: item.system } : {}), ...(item.code ? { code: item.code } : {}) },
      )
  }
}

/** `system|code`, either of which may be empty. */
function codingOf(value: string): Coding {
  const bar = value.indexOf('|')
  const [system, code] = bar < 0 ? ['', value] : [value.slice(0, bar), value.slice(bar + 1)]
  return { ...(system === '' ? {} : { system }), ...(code === '' ? {} : { code }) }
}

function add(labels: Labels, list: List, label: string | Coding): void {
  const key = typeof label === 'string' ? label : `${label.system ?? ''}|${label.code ?? ''}`
  // A label in words alone says nothing that could be looked for.
  if (key !== '' && key !== '|') labels[list].set(key, label)
}
