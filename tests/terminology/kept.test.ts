/** A system that is kept in MongoDB answers as one that is kept in memory: the same file, the same questions. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Format } from '../../server/terminology-kept/format.ts'
import { insuranceDrugs } from '../../server/terminology-kept/formats/insurance.ts'
import { icd10Clinical } from '../../server/terminology-kept/formats/icd-10.ts'
import type { CodeSystem, Filter } from '../../server/terminology-service/code-system.ts'
import { memorySystem } from '../../server/terminology-service/memory-system.ts'
import type { CodeSystemResource, ConceptElement } from '../../server/terminology-service/resources.ts'
import { csv, type Loading, loadingInto, loadText } from './loaded.ts'

let held: Loading
beforeAll(async () => {
  held = await loadingInto()
}, 60_000)
afterAll(() => held.stop())

/** Numbers that look random and are the same each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
}

const WORDS = [
  '急性',
  '慢性',
  '高血压',
  '糖尿病',
  '肾病',
  '阿司匹林',
  '注射用',
  '头孢曲松钠',
  'B12',
  '维生素',
  '肠溶片',
  'α干扰素',
  '重度',
  '長期',
  '伴',
  '5%',
]

function generated(seed: number, count: number): { code: string; display: string; form: string; synonym: string }[] {
  const next = numbers(seed)
  const word = () => WORDS[next(WORDS.length)] ?? ''
  return Array.from({ length: count }, (_, n) => ({
    code: `X${'ABC'[next(3)]}${n}`,
    display: [word(), word(), word()].slice(0, 1 + next(3)).join(next(3) === 0 ? ' ' : ''),
    form: ['片剂', '注射剂', '胶囊'][next(3)] ?? '',
    synonym: next(3) === 0 ? word() : '',
  }))
}

const inMemory = (format: Format, concept: ConceptElement[], property: CodeSystemResource['property']): CodeSystem => {
  const resource: CodeSystemResource = { resourceType: 'CodeSystem', url: format.url, content: 'complete', status: 'active', concept }
  return memorySystem({ ...resource, ...(property ? { property } : {}) }, format.prefix ? { prefix: format.prefix } : {})
}

const codesOf = async (system: CodeSystem, filters: readonly Filter[], text?: string): Promise<string[]> => {
  const found: string[] = []
  for await (const concepts of system.select(filters, text)) found.push(...concepts.map(({ code }) => code))
  return found
}

const filter = (property: string, op: string, value: string): Filter => ({ property, op, value, at: 'x' })

describe('a flat list with properties', () => {
  const rows = generated(7, 3000)
  let [kept, memory] = [] as unknown as [CodeSystem, CodeSystem]
  beforeAll(async () => {
    const lines = rows.map(({ code, display, form, synonym }) => [code, display, form, synonym])
    await loadText(held.tables, insuranceDrugs, csv('药品代码,注册名称,注册剂型,商品名称', lines))
    kept = (await held.kept.systems(insuranceDrugs.url))[0] as CodeSystem
    const elements = rows.map(({ code, display, form, synonym }) => ({
      code,
      display,
      property: [{ code: 'form', valueString: form }],
      ...(synonym === '' ? {} : { designation: [{ language: 'zh-CN', value: synonym }] }),
    }))
    const declared = (insuranceDrugs.properties ?? []).map((code) => ({ code }))
    memory = inMemory(insuranceDrugs, elements, declared)
  }, 60_000)

  test('every word finds the same: parts, pinyin from a syllable on, initials, beginnings of codes', async () => {
    const next = numbers(3)
    const texts = [
      '高',
      '高血',
      '高血压',
      '血压糖尿',
      '高血压糖尿病',
      'g',
      'gx',
      'gxy',
      'gaox',
      'gaoxueya',
      'xueyatang',
      'ueya',
      'gxytn',
      'b12',
      'wssb',
      'weishengsub12',
      'α',
      '长期',
      'XA1',
      'xb12',
      'xc29',
      '5%',
      '高 病',
      'gxy 糖尿病',
      '片',
      '不存在的',
    ]
    for (let n = 0; n < 60; n++) {
      const { display } = rows[next(rows.length)] as { display: string }
      const from = next(display.length)
      texts.push(display.slice(from, from + 1 + next(6)))
    }
    let found = 0
    for (const text of texts.filter((one) => one.trim() !== '')) {
      const [got, expected] = [await codesOf(kept, [], text), await codesOf(memory, [], text)]
      expect([text, got]).toEqual([text, expected])
      found += expected.length
    }
    expect(found).toBeGreaterThan(5000)
  })

  test.each<Filter[]>([
    [filter('form', '=', '片剂')],
    [filter('form', 'in', '片剂, 胶囊')],
    [filter('form', 'not-in', '片剂')],
    [filter('maker', 'exists', 'false')],
    [filter('form', 'exists', 'true'), filter('display', 'regex', '高血压.*')],
    [filter('code', 'regex', 'XA1[0-9]')],
    [filter('display', '=', '高血压')],
    [filter('code', 'in', 'nothing')],
    [filter('inactive', '=', 'false'), filter('abstract', '=', 'true')],
  ])('%j', async (...filters) => {
    const expected = await codesOf(memory, filters)
    expect(await codesOf(kept, filters)).toEqual(expected)
    for (const { code } of rows.slice(0, 20)) expect(await kept.matches(code, filters)).toBe(expected.includes(code))
  })

  test('a page is a part of all, with how many there are', async () => {
    const all = await codesOf(memory, [filter('form', '=', '片剂')], '高血压')
    const page = await kept.page?.({
      filters: [filter('form', '=', '片剂')],
      text: '高血压',
      offset: 5,
      count: 7,
      activeOnly: true,
      selectableOnly: true,
    })
    expect(all.length).toBeGreaterThan(20)
    expect([page?.total, page?.concepts.map(({ code }) => code)]).toEqual([all.length, all.slice(5, 12)])
    expect(await kept.lookup(rows[0]?.code ?? '')).toEqual(await memory.lookup(rows[0]?.code ?? ''))
  })

  test.each([filter('nothing', '=', 'x'), filter('form', 'is-a', 'x'), filter('child', '=', 'x'), filter('code', 'regex', '(')])(
    '%j is refused',
    async (one) => {
      await expect(codesOf(kept, [one])).rejects.toMatchObject({ issues: [{ code: 'value-set-filter' }] })
    },
  )
})

describe('codes that say by their beginnings where they stand', () => {
  const codes = [
    'I00-I99',
    'I10-I15',
    'I10',
    'I10.x00',
    'I10.x00x002',
    'I11',
    'I11.9',
    'I20',
    'I20.0',
    'K35.8',
    'K35.801',
    'A00',
    'A00-B99',
    'I10.x0',
  ]
  const elements = codes.map((code) => ({ code, display: `病 ${code}` }))
  const memory = inMemory(icd10Clinical, elements, undefined)
  let kept = undefined as unknown as CodeSystem
  beforeAll(async () => {
    await loadText(
      held.tables,
      icd10Clinical,
      csv(
        '主要编码,疾病名称',
        elements.map(({ code, display }) => [code, display]),
      ),
    )
    kept = (await held.kept.systems(icd10Clinical.url))[0] as CodeSystem
  })

  test('what stands over and under each, listed or not', async () => {
    for (const code of [...codes, 'I10.x', 'I12', 'Z99', 'I']) {
      const sorted = async (list: Promise<readonly string[]>) => [...(await list)].sort()
      const of = async (system: CodeSystem) => [
        await sorted(system.under(code)),
        await sorted(system.over(code)),
        (await system.lookup(code)) ? await system.parents(code) : [],
        (await system.lookup(code)) ? await sorted(system.children(code)) : [],
        await Promise.all([...codes, 'I12.1'].map((over) => system.isUnder(code, over))),
      ]
      expect([code, await of(kept)]).toEqual([code, await of(memory)])
    }
  })

  test.each(
    ['is-a', 'descendent-of', 'is-not-a', 'generalizes'].flatMap((op) =>
      ['I00-I99', 'I10-I15', 'I10', 'I10.x', 'I10.x00x002', 'Z99', 'A00-B99', 'K35'].map((code): [string, string] => [op, code]),
    ),
  )('%s %s', async (op, code) => {
    expect(await codesOf(kept, [filter('concept', op, code)])).toEqual(await codesOf(memory, [filter('concept', op, code)]))
  })

  test('by the parent', async () => {
    for (const parent of ['I10', 'I10-I15', 'I00-I99', 'K35'])
      expect(await codesOf(kept, [filter('parent', '=', parent)])).toEqual(await codesOf(memory, [filter('parent', '=', parent)]))
  })
})
