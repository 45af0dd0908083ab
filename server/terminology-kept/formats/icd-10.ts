/** Diagnoses: ICD-10 national clinical edition 2.0 (国家临床版) and insurance edition 2.0 (医保版), as the two administrations publish their tables. */
import { checkedCode, checkedDisplay, type Format, headings, textProperty } from '../format.ts'

const shared = {
  url: 'urn:oid:2.16.156.10011.2.3.3.11.3',
  name: 'ICD10CN',
  prefix: { root: 3 },
  required: ['code', 'display'],
} as const

/** 主要编码 and, for a manifestation, 附加编码. */
export const icd10Clinical: Format = {
  ...shared,
  id: 'icd-10-clinical',
  version: 'clinical-2.0',
  title: ['疾病分类与代码（国家临床版 2.0）', 'ICD-10, national clinical edition 2.0'],
  columns: {
    code: ['主要编码', '疾病编码', '编码', '诊断代码'],
    display: ['疾病名称', '名称', '诊断名称'],
    second: ['附加编码'],
  },
  properties: ['additionalCode'],
  concepts: (get) => [
    { code: checkedCode(get('code')), display: checkedDisplay(get('display')), properties: textProperty('additionalCode', get('second')) },
  ],
}

export const icd10Insurance: Format = {
  ...shared,
  id: 'icd-10-insurance',
  version: 'insurance-2.0',
  title: ['医保疾病诊断分类与代码（医保版 2.0）', 'ICD-10, medical insurance edition 2.0'],
  columns: {
    chapter: ['章代码范围'],
    chapterName: ['章的名称', '章名称'],
    block: ['节代码范围'],
    blockName: ['节名称', '节的名称'],
    category: ['类目代码'],
    categoryName: ['类目名称'],
    sub: ['亚目代码'],
    subName: ['亚目名称'],
    code: ['诊断代码', '疾病诊断代码'],
    display: ['诊断名称', '疾病诊断名称'],
  },
  concepts: (get) => [
    ...headings(get, [
      ['chapter', 'chapterName'],
      ['block', 'blockName'],
      ['category', 'categoryName'],
      ['sub', 'subName'],
    ]),
    { code: checkedCode(get('code')), display: checkedDisplay(get('display')) },
  ],
}
