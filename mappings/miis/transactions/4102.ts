/** 4102, state of a settlement list: handed in (1) it is final, taken back for correction (0) it is preliminary until it is handed in again. */
import type { Composition } from '@medplum/fhirtypes'
import type { MiisObject } from '../../parsers/miis-json.ts'
import { keys, referTo } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import { isObject, listOf, type Named, text } from '../envelope.ts'
import { listIdentifier, listKey, LIST_TYPE } from '../home-page.ts'
import { personOf } from '../persons.ts'
import { addPerson, naming, type Site, type Transaction, withSite } from '../transaction.ts'

interface StateRow extends Site {
  psn_no?: string
  setl_id?: string
  stas_type?: string
}

const STATES = { '0': 'preliminary', '1': 'final' } as const

const listState = mapping<StateRow, Composition>({
  source: 'miis/4102/stastinfo',
  to: 'Composition',
  profile: 'cn-composition',
  id: listKey,
  organization: 'fixmedins_code',
  // The list itself (4101) knows all of these; it may come later.
  yielding: ['identifier', 'type', 'title', 'date', 'author', 'custodian'],
  rules: (from) => ({
    identifier: from.value('setl_id', listIdentifier),
    status: from.choice('stas_type', STATES).required(),
    ...LIST_TYPE,
    subject: from.patient(),
    date: from.dateTime('inf_time').required(),
    author: [{ display: '医疗机构填报人' }],
    custodian: from.value('fixmedins_code', (row, run) => referTo(keys.organization(run.scope), row.fixmedins_name)),
  }),
})

/** `input.data.stastinfo[]`, in places `input.stastinfo[]`. */
function states(request: MiisObject | undefined): Named[] {
  const direct = listOf(request, 'input', 'stastinfo')
  if (direct.length > 0) return direct
  return listOf(request, 'input', 'data').flatMap(({ node, path }) => {
    const inner = node.stastinfo
    if (inner === undefined) return [{ node, path }]
    return (Array.isArray(inner) ? inner : [inner]).filter(isObject).map((one, at) => ({ node: one, path: `${path}.stastinfo[${at}]` }))
  })
}

/** Lists of several persons are handed in together. */
function partsOf(request: MiisObject): MiisObject[] {
  const byPerson = Map.groupBy(states(request), ({ node }) => text(node, 'psn_no') ?? '')
  return [...byPerson.values()].map((all) => ({ ...request, input: { stastinfo: all.map(({ node }) => node) } }))
}

export const settlementListState: Transaction = {
  infno: '4102',
  parts: partsOf,
  fill: (input) => {
    const { request, record, requestedAt: statedAt } = input
    const all = states(request)
    const [first] = all
    if (!first) record.issue({ severity: 'error', code: 'mapping-required', at: 'input.data.stastinfo' })
    else addPerson(input, personOf(first.node), first.node, first.path, statedAt)
    for (const { node, path } of all) {
      record.run(listState, withSite<StateRow>(node, request), { statedAt, at: naming(node, path) })
      record.noteRead(`${path}.psn_no`)
    }
  },
}
