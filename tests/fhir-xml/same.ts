/** Whether two JSON texts say the same: members in any order, numbers digit for digit. */
import { isDeepStrictEqual } from 'node:util'

type Reviver = (this: unknown, key: string, value: unknown) => unknown

/** Numbers as their source texts, so that 1.0 is not 1. */
export const withDigits = (text: string): unknown =>
  JSON.parse(text, ((_key: string, value: unknown, context: { source: string }) =>
    typeof value === 'number' ? { number: context.source } : value) as unknown as Reviver)

export const isSame = (a: string, b: string): boolean => isDeepStrictEqual(withDigits(a), withDigits(b))
