/**
 * Chinese medicine: diseases and syndromes of GB/T 15657 (中医病证分类与代码), and the terms of GB/T 16751 (中医临床诊疗术语: .1 diseases, .2 syndromes,
 * .3 treatments). Codes stand under what they begin with.
 */
import { checkedCode, checkedDisplay, type Format, textProperty } from '../format.ts'

type Own = Pick<Format, 'id' | 'url' | 'name' | 'title' | 'version' | 'prefix'>

const terms = (own: Own): Format => ({
  ...own,
  columns: {
    code: ['代码', '编码', '术语代码', '病证代码'],
    display: ['名称', '术语名称', '病证名称', '中文名称', '正名'],
    synonym: ['同义词', '别名', '又名'],
    english: ['英文名', '英文名称'],
    definition: ['定义', '释义', '说明'],
    kind: ['类别', '分类'],
  },
  required: ['code', 'display'],
  properties: ['kind'],
  concepts: (get) => {
    const definition = get('definition')
    const synonyms = (get('synonym') ?? '').split(/[;；、]/).filter((one) => one.trim() !== '')
    const english = get('english')
    return [
      {
        code: checkedCode(get('code')),
        display: checkedDisplay(get('display')),
        ...(definition === undefined ? {} : { definition }),
        designations: [
          ...synonyms.map((value) => ({ language: 'zh-CN', value: value.trim() })),
          ...(english === undefined ? [] : [{ language: 'en', value: english }]),
        ],
        properties: textProperty('kind', get('kind')),
      },
    ]
  },
})

const STANDARD = 'https://fhir-cn.example/CodeSystem'

export const gbt15657: Format = terms({
  id: 'gbt-15657',
  url: `${STANDARD}/gbt-15657`,
  name: 'GBT15657',
  version: '2021',
  title: ['中医病证分类与代码（GB/T 15657）', 'Diseases and syndromes of Chinese medicine (GB/T 15657)'],
  prefix: { root: 1 },
})

const part = (n: 1 | 2 | 3, zh: string, en: string): Format =>
  terms({
    id: `gbt-16751-${n}`,
    url: `${STANDARD}/gbt-16751-${n}`,
    name: `GBT16751${n}`,
    title: [`中医临床诊疗术语 第 ${n} 部分：${zh}（GB/T 16751.${n}）`, `Terms of Chinese medicine, part ${n}: ${en} (GB/T 16751.${n})`],
    prefix: { root: 2 },
  })

export const gbt16751Diseases: Format = part(1, '疾病', 'diseases')
export const gbt16751Syndromes: Format = part(2, '证候', 'syndromes')
export const gbt16751Treatments: Format = part(3, '治法', 'treatments')
