/** What two records have in common, what that is worth, and what becomes of it. Expected levels are those that a clerk would give by eye. */
import { describe, expect, test } from '@jest/globals'
import { blocksOf } from '../../server/ingest/likely/blocks.ts'
import { compare, isSlip, type Levels, LEVELS, TRAITS } from '../../server/ingest/likely/compare.ts'
import { featuresOf } from '../../server/ingest/likely/features.ts'
import { judge } from '../../server/ingest/likely/judge.ts'
import { joinTraits, traitsOf } from '../../server/ingest/likely/traits.ts'
import { scoreOf, WEIGHTS } from '../../server/ingest/likely/weights.ts'
import type { PreparedIdentity } from '../../server/ingest/types.ts'

const AT = '2026-03-05T00:00:00.000Z'
const traits = (said: Partial<PreparedIdentity>) => traitsOf({ numbers: [], statedAt: AT, ...said })
const levels = (a: Partial<PreparedIdentity>, b: Partial<PreparedIdentity>): Levels => compare(featuresOf(traits(a)), featuresOf(traits(b)))
const keys = (said: Partial<PreparedIdentity>) => blocksOf(new Uint8Array(32), traits(said))

test.each([
  ['王建国', '王建国', 'same'],
  ['王建国', ' 王 建 國', 'same'],
  ['张伟', '張偉', 'short'],
  ['尹佳慧', '尹嘉惠', 'sound'],
  ['单雄信', '善雄信', 'sound'],
  ['曾庆国', '增庆国', 'sound'],
  ['李思雨', '李思雪', 'near'],
  ['阿依古丽·买买提', '阿依古丽买买提', 'same'],
  ['李雷', '李梅', 'different'],
  ['王建国', '李秀兰', 'different'],
  ['王**', '王建国', undefined],
  ['无名氏', '王建国', undefined],
  ['王芳之女', '王芳', undefined],
])('names %s and %s: %s', (a, b, level) => {
  expect(levels({ name: a }, { name: b }).name).toBe(level)
})

test.each([
  ['1986-07-14', '1986-07-14', 'same'],
  ['1986-07-12', '1986-12-07', 'near'],
  ['1986-07-14', '1986-07-15', 'near'],
  ['1986-07-14', '1976-07-14', 'near'],
  ['1986-07', '1986-07-14', 'partial'],
  ['1986-07-14', '1976-08-14', 'different'],
])('birth dates %s and %s: %s', (a, b, level) => {
  expect(levels({ birthDate: a }, { birthDate: b }).birthDate).toBe(level)
})

test.each([
  ['示例市朝阳区和平路12号3号楼2单元501', '示例市朝阳区和平路12号3号楼2单元501', 'same'],
  ['示例市朝阳区和平路12号3号楼', '朝阳区和平路12号3号楼', 'same'],
  ['示例市朝阳区和平路12号3号楼2单元501', '示例市朝阳区和平路12-3-2-501', 'near'],
  ['示例市朝阳区和平路12号3号楼2单元501', '朝阳区和平路12号3号楼', 'near'],
  ['示例市朝阳区和平路1', '示例市朝阳区和平路12号', 'district'],
  ['示例市朝阳区和平路12号3号楼2单元501', '示例市朝阳区和平路13号3号楼2单元501', 'district'],
  ['示例市朝阳区和平路12号', '示例市海淀区和平路12号', 'different'],
])('addresses %s and %s: %s', (a, b, level) => {
  expect(levels({ addresses: [a] }, { addresses: [b] }).address).toBe(level)
})

test('telephones in any writing; documents of one kind', () => {
  expect(levels({ phones: ['138-0000-0001'] }, { phones: ['+86 13800000001'] }).phone).toBe('same')
  expect(levels({ phones: ['120'] }, { phones: ['120'] }).phone).toBeUndefined()
  const document = (type: string, number: string) => ({ legal: { type, number, links: false } })
  expect(levels(document('01', '110105198607140021'), document('01', '110150198607140021')).document).toBe('near')
  expect(levels(document('01', '110105198607140021'), document('01', '310105197707140021')).document).toBe('different')
  expect(levels(document('01', '110105198607140021'), document('08', 'E12345678')).document).toBeUndefined()
  // The mother's, and one that is nobody's.
  const doubted = (doubt: 'newborn' | 'placeholder') => ({ legal: { type: '01', number: '110105198607140021', links: false, doubt } })
  for (const doubt of ['newborn', 'placeholder'] as const)
    expect(levels(doubted(doubt), document('01', '110105198607140021')).document).toBeUndefined()
})

test('a slip is one character, or two neighbours exchanged', () => {
  expect(['1234567', '1234507', '123567', '1243567', '12345678'].map((one) => isSlip('1234567', one))).toEqual([
    true,
    true,
    true,
    true,
    true,
  ])
  expect(['1243576', '1204507', '7654321', '12345'].map((one) => isSlip('1234567', one))).toEqual([false, false, false, false])
})

test('of a kind the newest three, whatever the order in which they come', () => {
  const said = ['1', '2', '3', '4'].map((n) =>
    traitsOf({ numbers: [], statedAt: `2026-03-0${n}T00:00:00.000Z`, phones: [`1380000000${n}`] }),
  )
  const orders = [said, said.toReversed(), [said[2], said[0], said[3], said[1]] as typeof said]
  for (const order of orders)
    expect(order.reduce((a, b) => joinTraits([a, b])).phones.map(({ value }) => value)).toEqual([
      '13800000004',
      '13800000003',
      '13800000002',
    ])
})

describe('the table', () => {
  test('has a weight for each level, that of what m and u say, and agreement is worth more than contradiction', () => {
    for (const trait of TRAITS)
      for (const [at, level] of LEVELS[trait].entries()) {
        const { m, u, weight } = WEIGHTS.weights[trait][level] ?? { m: 0, u: 0, weight: Number.NaN }
        expect([trait, level, Math.abs(weight - Math.log2(m / u)) < 0.1]).toEqual([trait, level, true])
        if (at === LEVELS[trait].length - 1) expect([trait, weight < 0]).toEqual([trait, true])
        if (at === 0) expect([trait, weight > 0]).toEqual([trait, true])
      }
  })

  test('what is not said counts nothing', () => {
    expect(scoreOf({})).toBe(0)
    const { weights } = WEIGHTS
    const sum = (weights.name.same?.weight ?? 0) + (weights.gender.different?.weight ?? 0)
    expect(scoreOf({ name: 'same', gender: 'different' })).toBeCloseTo(sum, 1)
  })

  test('a name, a birth date and a sex are not enough in a large city, a clerk is asked; with a telephone they are', () => {
    const { link, review } = WEIGHTS.thresholds
    const alone = scoreOf({ name: 'short', birthDate: 'same', gender: 'same' })
    expect([alone >= review, alone < link]).toEqual([true, true])
    expect(scoreOf({ name: 'short', birthDate: 'same', gender: 'same', phone: 'same' })).toBeGreaterThanOrEqual(link)
  })
})

const all: Levels = { name: 'same', birthDate: 'same', gender: 'same', phone: 'same', address: 'same' }
const judged = (pair: Levels, more: { score?: number; sameDomain?: boolean; written?: boolean } = {}) => {
  const verdict = judge({ levels: pair, score: 50, sameDomain: false, written: false, ...more }, { link: 40, review: 20 })
  return verdict.kind === 'ask' ? verdict.doubt : verdict.kind
}

test.each<[string, string, Levels, object]>([
  ['all agrees', 'link', all, {}],
  ['too little', 'none', all, { score: 19.9 }],
  ['between', 'between', all, { score: 39.9 }],
  ['twins', 'name', { ...all, name: 'near' }, {}],
  ['man and wife', 'none', { name: 'different', birthDate: 'different', gender: 'different', phone: 'same', address: 'same' }, {}],
  ['mother and newborn', 'none', { birthDate: 'different', gender: 'same', phone: 'same', address: 'same' }, {}],
  ['sister and brother of one birth', 'none', { ...all, name: 'near', gender: 'different' }, {}],
  ['another name under the same document', 'name', { ...all, name: 'different', birthDate: 'different', document: 'same' }, {}],
  ['a newborn without a name', 'name', { birthDate: 'same', phone: 'same' }, {}],
  ['father and son of one name', 'birth-date', { ...all, birthDate: 'different' }, {}],
  ['a slip in the birth date', 'link', { ...all, birthDate: 'near' }, {}],
  ['another birth date under the same document', 'link', { ...all, birthDate: 'different', document: 'same' }, {}],
  ['homophones in one house', 'one-organization', { ...all, name: 'sound' }, { sameDomain: true }],
  ['homophones in two', 'link', { ...all, name: 'sound' }, {}],
  ['by a client', 'written-by-client', all, { written: true }],
])('%s: %s', (_, verdict, pair, more) => {
  expect(judged(pair, more)).toBe(verdict)
})

test('records are found by any two of what is said, and by either part of a number, never by one thing that thousands share', () => {
  const one = { name: '尹佳慧', birthDate: '1986-07-14', phones: ['13800000001'], addresses: ['示例市朝阳区和平路12号'], gender: 'female' }
  const meets = (other: Partial<PreparedIdentity>) => keys(one).some((key) => keys(other).includes(key))
  const { name, birthDate, phones, addresses } = one
  for (const other of [
    { name: '尹嘉惠', birthDate },
    { name, phones },
    { name, addresses },
    { birthDate, phones },
    { birthDate, addresses },
  ])
    expect([other, meets(other)]).toEqual([other, true])
  for (const other of [{ name }, { birthDate }, { phones }, { addresses }, { name, gender: 'female' }])
    expect([other, meets(other)]).toEqual([other, false])
  const typed = (number: string) => keys({ legal: { type: '01', number, links: false } })
  const shares = (a: string, b: string) => typed(a).some((key) => typed(b).includes(key))
  expect([shares('110105198607140021', '110150198607140021'), shares('110105198607140021', '110105198607140051')]).toEqual([true, true])
  expect(shares('110105198607140021', '110150198607140051')).toBe(false)
  // No key holds what it is made of.
  expect(JSON.stringify(keys(one))).not.toMatch(/尹|1986|138/)
})
