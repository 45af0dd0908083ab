/** Procedures: ICD-9-CM-3 national clinical edition (手术操作分类代码国家临床版) and insurance edition (医保手术操作分类与代码). */
import { checkedCode, checkedDisplay, type Format, headings, textProperty } from '../format.ts'

const shared = {
  url: 'urn:oid:2.16.156.10011.2.3.3.12',
  name: 'ICD9CM3CN',
  prefix: { root: 2 },
  required: ['code', 'display'],
} as const

export const icd9Clinical: Format = {
  ...shared,
  id: 'icd-9-cm-3-clinical',
  version: 'clinical-2.0',
  title: ['手术操作分类代码（国家临床版 2.0）', 'ICD-9-CM-3, national clinical edition 2.0'],
  columns: {
    code: ['主要编码', '手术编码', '手术操作代码', '编码'],
    display: ['手术名称', '手术操作名称', '名称'],
    kind: ['类别', '操作类别'],
    choice: ['录入选项'],
  },
  properties: ['kind', 'entry'],
  concepts: (get) => [
    {
      code: checkedCode(get('code')),
      display: checkedDisplay(get('display')),
      properties: [...textProperty('kind', get('kind')), ...textProperty('entry', get('choice'))],
    },
  ],
}

export const icd9Insurance: Format = {
  ...shared,
  id: 'icd-9-cm-3-insurance',
  version: 'insurance-2.0',
  title: ['医保手术操作分类与代码（医保版 2.0）', 'ICD-9-CM-3, medical insurance edition 2.0'],
  columns: {
    category: ['类目代码'],
    categoryName: ['类目名称'],
    sub: ['亚目代码'],
    subName: ['亚目名称'],
    detail: ['细目代码'],
    detailName: ['细目名称'],
    code: ['手术操作代码', '手术代码'],
    display: ['手术操作名称', '手术名称'],
  },
  concepts: (get) => [
    ...headings(get, [
      ['category', 'categoryName'],
      ['sub', 'subName'],
      ['detail', 'detailName'],
    ]),
    { code: checkedCode(get('code')), display: checkedDisplay(get('display')) },
  ],
}
