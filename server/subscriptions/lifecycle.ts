/** The status of a Subscription, as the server changes it: a version of the resource, and the row beside it, together. */
import { SUBSCRIPTION } from '../access/subscriber.ts'
import { statusText } from './intake.ts'
import { SUBSCRIPTIONS } from './tables.ts'
import { load } from './load.ts'
import type { State, SubscriptionDeps, SubscriptionRow } from './types.ts'

/** What is said of an error: words of ours, both languages. */
const ERRORS: Record<string, string> = {
  connect: '无法连接通知地址 / the endpoint could not be reached',
  timeout: '通知地址未及时应答 / the endpoint did not answer in time',
  closed: '通知地址中断了连接 / the endpoint broke off the connection',
  status: '通知地址拒绝了通知 / the endpoint refused the notification',
  registration: '此订阅已不符合客户端的登记 / the subscription does not fit the registration of its client any more',
}

export const errorText = (failure: string): string => {
  const status = /^status-(\d+)$/.exec(failure)?.[1]
  return status === undefined ? (ERRORS[failure] ?? ERRORS.closed ?? '') : `${ERRORS.status} (${status})`
}

/** @returns false when its client has changed or deleted it meanwhile: nothing was changed then */
export async function changeState(
  deps: SubscriptionDeps,
  row: SubscriptionRow,
  state: State,
  { error, set = {} }: { error?: string; set?: Partial<SubscriptionRow> } = {},
): Promise<boolean> {
  const { doc } = await load(deps, row)
  if (!doc) return false
  const before = Buffer.from(doc.body).toString('utf8')
  const text = statusText(before, state, error === undefined ? undefined : errorText(error))
  const result = await deps.fhir.writer.write(
    [{ type: SUBSCRIPTION, id: row._id, method: 'PUT', expect: doc.v, text, custodian: doc.acc.o, unchangedIsFine: true }],
    {
      side: [
        { table: SUBSCRIPTIONS, op: 'update', where: { _id: row._id, edition: row.edition }, set: { ...set, state }, mustMatch: true },
      ],
    },
  )
  return result.ok
}
