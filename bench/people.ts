/** Invented persons by number: each of the first ten million has a sound identity number of its own. */
import { idCheckCharacter } from '../server/fhir/identity-number.ts'

const FAMILY = '赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许'
const GIVEN = '安邦昌德恩方国海华杰凯林明宁平清仁顺天伟'

const two = (n: number): string => String(n).padStart(2, '0')
const pick = (from: string, n: number): string => from[n % from.length] as string

export const nameOf = (n: number): string => pick(FAMILY, n) + pick(GIVEN, Math.floor(n / 20)) + pick(GIVEN, Math.floor(n / 400))

/** `YYYYMMDD` */
export const birthOf = (n: number): string =>
  `${1940 + (n % 60)}${two(1 + (Math.floor(n / 60) % 12))}${two(1 + (Math.floor(n / 720) % 28))}`

/** GB 11643; the digit before the last tells the sex. */
export function identityNumberOf(n: number, sex: 'male' | 'female'): string {
  const order = 2 * (Math.floor(n / 20_160) % 499) + (sex === 'male' ? 1 : 2)
  const digits = `110101${birthOf(n)}${String(order).padStart(3, '0')}`
  return digits + idCheckCharacter(digits)
}
