/** One question asked over HTTP, page by page, against the answer of the naive evaluator. */
import type { FhirResource } from '../../../server/fhir/types.ts'
import type { Answer, TestServer } from '../../support/server.ts'
import { type IncludeAsk, includedOf, keyOf, matchesOf, nameOf, textOf, type World } from './evaluator.ts'
import { type Question, sortParameter } from './questions.ts'
import { orderOf } from './values.ts'

export interface Asker {
  name: string
  token?: string
}

const PAGES_MAX = 100

export function queryOf({ asks, count, sort, includes }: Question): string {
  const pairs: [string, string][] = [
    ...asks.map((ask): [string, string] => [nameOf(ask), textOf(ask)]),
    ...(count === undefined ? [] : [['_count', String(count)] as [string, string]]),
    ...(sort === undefined ? [] : [['_sort', sort] as [string, string]]),
    ...includes.map((term): [string, string] => [
      `${term.back ? '_revinclude' : '_include'}${term.iterate ? ':iterate' : ''}`,
      includeText(term),
    ]),
    ['_total', 'accurate'],
  ]
  return pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
}

const includeText = ({ source, code, target }: IncludeAsk): string => `${source}:${code}${target === undefined ? '' : `:${target}`}`

/** What differs, in words; undefined: nothing. `world`: what the asker may see. */
export async function difference(
  server: TestServer,
  asker: Asker,
  world: World,
  question: Question,
): Promise<{ found: number; problem?: string }> {
  const expected = matchesOf(world, question.type, question.asks).map(keyOf)
  const path = `/fhir/${question.type}?${queryOf(question)}`
  const said = (problem: string) => ({ found: expected.length, problem: `${asker.name}: ${decodeURIComponent(path)}\n  ${problem}` })
  const matches: string[] = []
  let next: string | undefined = path
  for (let page = 0; next !== undefined; page++) {
    const answer: Answer = await server.call('GET', next, {
      ...(asker.token === undefined ? {} : { token: asker.token }),
      headers: { Prefer: 'handling=strict' },
    })
    if (answer.status !== 200) return said(`${answer.status} ${answer.text.slice(0, 300)}`)
    const { of, included } = entriesOf(answer)
    if (page === 0 && answer.json.total !== expected.length)
      return said(`total ${answer.json.total}, expected ${expected.length}: ${expected}; found ${of.map(keyOf)}`)
    const beside = includedOf(
      world,
      of.flatMap((one) => world.resource(keyOf(one)) ?? []),
      question.includes,
    )
    if (question.includes.length > 0 && !isSameSet(included, beside)) return said(`included ${included.sort()}, expected ${beside.sort()}`)
    if (page > 0 && of.length === 0) return said('an empty page behind another')
    matches.push(...of.map(keyOf))
    if (page > PAGES_MAX) return said('pages without an end')
    next = (answer.json.link as { relation: string; url: string }[])
      .find(({ relation }) => relation === 'next')
      ?.url.slice(server.url.length)
  }
  if (!isSameSet(matches, expected)) return said(`found ${matches.sort()}, expected ${expected.sort()}`)
  const disorder = question.sort === undefined ? undefined : disorderOf(world, question, matches)
  return disorder === undefined ? { found: expected.length } : said(disorder)
}

function entriesOf({ json }: Answer): { of: FhirResource[]; included: string[] } {
  const entries = (json.entry ?? []) as { resource: FhirResource; search: { mode: string } }[]
  return {
    of: entries.filter(({ search }) => search.mode === 'match').map(({ resource }) => resource),
    included: entries.filter(({ search }) => search.mode === 'include').map(({ resource }) => keyOf(resource)),
  }
}

/** Each once, whatever the order. */
const isSameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && new Set(a).size === a.length && new Set([...a, ...b]).size === a.length

/** Values go up (or down), and what has none comes last. */
function disorderOf(world: World, { type, sort = '' }: Question, matches: readonly string[]): string | undefined {
  const descending = sort.startsWith('-')
  if (sort.endsWith('_id')) {
    const sorted = [...matches].sort()
    return matches.join() === (descending ? sorted.reverse() : sorted).join() ? undefined : `not by id: ${matches}`
  }
  const parameter = sortParameter(type, sort)
  const byBeginning = parameter.code === 'date' && (type === 'Encounter' || type === 'Observation')
  const valuesOf = (key: string): number | string | undefined => {
    const elements = world.values(world.resource(key) as FhirResource, parameter)
    if (parameter.type === 'uri') return elements.map(({ value }) => String(value)).sort()[0]
    const values = elements
      .map((element) => orderOf(parameter.type, element, descending, byBeginning))
      .filter((value) => value !== undefined)
    return values.length === 0 ? undefined : descending ? Math.max(...values) : Math.min(...values)
  }
  if (parameter.type === 'string' || parameter.type === 'token') return undefined
  const values = matches.map(valuesOf)
  const isInOrder = values.every(
    (value, at) =>
      at === 0 ||
      value === undefined ||
      (values[at - 1] !== undefined && (descending ? value <= (values[at - 1] as string) : value >= (values[at - 1] as string))),
  )
  return isInOrder ? undefined : `not in order: ${values}`
}
