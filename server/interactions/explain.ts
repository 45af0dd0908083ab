/**
 * `explain=true` on a search, for operators: how the database runs each of its commands, instead of what is found. For everybody
 * else it is a parameter that does not exist.
 *
 * The search is made first as any other, with all its checks and its entry in the account of uses; what an operator may see is
 * little, and a search that finds nothing says nothing of how others fare. So it is made again over all that is stored, of which
 * nothing but the plans is kept. Numbers are given as the power of ten that they do not exceed, ten at least, so that a search
 * by one person's name or number answers the same whether he is there or not.
 */
import { paramError } from '../search/parse/names.ts'
import type { CommandPlan } from '../store/explain.ts'
import { FHIR_JSON } from '../outcome/render.ts'
import type { FhirRequest, Handler } from './types.ts'

const NAME = 'explain'

export const explainable =
  (search: Handler): Handler =>
  async (deps, request) => {
    const asked = request.query.filter(([name]) => name === NAME).map(([, value]) => value)
    if (asked.length === 0 || !mayAsk(request)) return search(deps, request)
    if (asked.some((value) => value !== 'true' && value !== 'false')) throw paramError('parameter-invalid', NAME)
    const plain = { ...request, query: request.query.filter(([name]) => name !== NAME) }
    if (!asked.includes('true')) return search(deps, plain)
    await search(deps, plain)
    const { calls, plans } = deps.store.explaining()
    await search({ ...deps, store: { ...deps.store, ...calls } }, { ...plain, actor: { ...plain.actor, unrestricted: true } })
    const body = JSON.stringify({ resourceType: 'Parameters', parameter: (await plans()).map(parameterOf) })
    return { status: 200, headers: { 'Content-Type': FHIR_JSON }, body: [body] }
  }

const mayAsk = ({ actor }: FhirRequest): boolean => actor.party === 'operator' || actor.unrestricted === true

function parameterOf({ collection, command, indexes, scanned, sorted, kept, keys, documents }: CommandPlan): object {
  return {
    name: 'command',
    part: [
      { name: 'collection', valueString: collection },
      { name: 'command', valueCode: command },
      ...indexes.map((index) => ({ name: 'index', valueString: index })),
      { name: 'collectionScan', valueBoolean: scanned },
      { name: 'sortInMemory', valueBoolean: sorted },
      ...(kept === undefined ? [] : [{ name: 'sortKeeps', valueInteger: kept }]),
      { name: 'keysAtMost', valueInteger: atMost(keys) },
      { name: 'documentsAtMost', valueInteger: atMost(documents) },
    ],
  }
}

const atMost = (count: number): number => 10 ** Math.max(1, Math.ceil(Math.log10(Math.max(1, count))))
