/**
 * What is stored of codes at one revision. A value set is looked up when it is first asked for: whether something stored belongs to
 * it, or to what it is made of. Codes of such a set are asked of the terminology service, each once.
 */
import { OutcomeError } from '../outcome/outcome-error.ts'
import { evaluation, inSet } from '../terminology-service/content.ts'
import { createLibrary, type KeptSystems, type Library, NOTHING_STORED } from '../terminology-service/library.ts'
import type { ValueSetResource } from '../terminology-service/resources.ts'
import type { Definition, DefinitionType, Shipped } from '../terminology-service/shipped.ts'
import type { AskedCode, CodeAnswer } from '../validation/stored-codes.ts'
import { madeOf } from './made-of.ts'
import { storedDefinitions, type StoredDeps } from './stored.ts'

export interface Question extends AskedCode {
  canonical: string
}

export interface ViewDeps extends StoredDeps {
  shipped: Shipped
  kept: KeptSystems
}

/** Codes that are remembered; a hospital uses some thousands. */
const ANSWERS_MAX = 50_000
/** Addresses of which it is remembered whether something stored belongs to them: whoever validates may name any. */
const ADDRESSES_MAX = 10_000

export class View {
  readonly revision: number
  readonly made: number
  readonly #deps: ViewDeps
  readonly #library: Library
  readonly #touched = new Map<string, boolean>()
  readonly #answers = new Map<string, CodeAnswer>()
  readonly #stored = new Map<string, readonly Definition[]>()

  constructor(deps: ViewDeps, revision: number, made: number) {
    this.#deps = deps
    this.revision = revision
    this.made = made
    const byUrl = async (type: DefinitionType, url: string) => (await this.#definitions(type, [url])).get(url) ?? []
    this.#library = createLibrary(deps.shipped, { ...NOTHING_STORED, byUrl }, deps.kept)
  }

  /** Whether something stored belongs to the set; undefined: not known yet. */
  isTouched(canonical: string): boolean | undefined {
    return this.#touched.get(canonical)
  }

  known(question: Question): CodeAnswer | undefined {
    return this.#answers.get(keyOf(question))
  }

  /** @returns whether one of them is about a set to which something stored belongs */
  async find(questions: readonly Question[]): Promise<boolean> {
    this.#bound()
    const sets = [...new Set(questions.map(({ canonical }) => canonical))].filter((one) => !this.#touched.has(one))
    if (sets.length > 0) await this.#touch(sets)
    const open = new Map(questions.filter(({ canonical }) => this.#touched.get(canonical)).map((one) => [keyOf(one), one]))
    const answers = await Promise.all([...open].map(async ([key, one]) => [key, await this.#answer(one)] as const))
    if (this.#answers.size + answers.length > ANSWERS_MAX) this.#answers.clear()
    for (const [key, answer] of answers) this.#answers.set(key, answer)
    // What was forgotten meanwhile is asked again.
    return answers.length > 0 || questions.some(({ canonical }) => !this.#touched.has(canonical))
  }

  #bound(): void {
    if (this.#touched.size > ADDRESSES_MAX) this.#touched.clear()
    if (this.#stored.size > ADDRESSES_MAX) this.#stored.clear()
  }

  async #touch(canonicals: readonly string[]): Promise<void> {
    const parts = await Promise.all(canonicals.map((one) => madeOf(one, (url) => this.#shippedSets(url))))
    const systems = [...new Set(parts.flatMap((one) => [...one.systems]))]
    const [sets, stored, loaded] = await Promise.all([
      this.#definitions('ValueSet', [...new Set(parts.flatMap((one) => [...one.sets]))]),
      this.#definitions('CodeSystem', systems),
      Promise.all(systems.map(async (url) => (await this.#deps.kept.systems(url)).length > 0)),
    ])
    const own = new Set(systems.filter((url, at) => loaded[at] || (stored.get(url) ?? []).length > 0))
    for (const [at, part] of parts.entries()) {
      const isTouched = [...part.sets].some((url) => (sets.get(url) ?? []).length > 0) || [...part.systems].some((url) => own.has(url))
      this.#touched.set(canonicals[at] as string, isTouched)
    }
  }

  #shippedSets(url: string): ValueSetResource[] {
    return this.#deps.shipped.byUrl('ValueSet', url).map((one) => one.resource() as ValueSetResource)
  }

  async #definitions(type: DefinitionType, urls: readonly string[]): Promise<Map<string, readonly Definition[]>> {
    const nameOf = (url: string): string => `${type} ${url}`
    const unknown = urls.filter((url) => !this.#stored.has(nameOf(url)))
    if (unknown.length > 0)
      for (const [url, found] of await storedDefinitions(this.#deps, type, unknown)) this.#stored.set(nameOf(url), found)
    return new Map(urls.map((url) => [url, this.#stored.get(nameOf(url)) ?? []]))
  }

  async #answer({ canonical, system, ...asked }: Question): Promise<CodeAnswer> {
    try {
      const set = await this.#library.valueSet(canonical)
      if (!set) return 'open'
      const systems = system === undefined ? await this.#systemsOf(canonical) : [system]
      const answers = await Promise.all(systems.map((one) => this.#inSet(set, { ...asked, system: one })))
      return BEST.find((answer) => answers.includes(answer)) ?? 'out'
    } catch (error) {
      // A set in a circle, one that names what is not here, one that costs too much: nobody knows what is in it.
      if (error instanceof OutcomeError && error.status < 500) return 'unchecked'
      throw error
    }
  }

  async #inSet(set: ValueSetResource, asked: AskedCode & { system: string }): Promise<CodeAnswer> {
    const answer = await inSet(set, asked, evaluation(this.#library))
    if (answer === 'yes') return 'in'
    if (answer === 'no') return 'out'
    return (await this.#library.codeSystems(asked.system)).length === 0 ? 'open' : 'doubtful'
  }

  /** A `code` has no system: it is of one of those that the set is made of. */
  async #systemsOf(canonical: string): Promise<string[]> {
    const { systems } = await madeOf(canonical, async (url) => {
      const one = await this.#library.valueSet(url)
      return one ? [one] : []
    })
    return [...systems]
  }
}

const BEST: readonly CodeAnswer[] = ['in', 'doubtful', 'unchecked']

const keyOf = ({ canonical, code, system = '', version = '' }: Question): string => [canonical, system, version, code].join('\n')
