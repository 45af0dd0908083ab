/** The document of 4301 and what of its nodes stands in which of its sections (section codes of WS/T 500). */
import type { DocumentKind } from './record-document.ts'

export const OUTPATIENT: DocumentKind = {
  code: 'C0002',
  title: '门（急）诊病历',
  profile: 'cn-composition-outpatient',
  dates: ['mdtrt_date'],
  authors: [],
  sections: [
    {
      code: '10154-3',
      title: '主诉',
      fields: [
        ['chfcomp', '主诉'],
        ['mdtrt_rea', '就诊原因'],
        ['attk_date_time', '发病日期时间'],
      ],
    },
    {
      code: '10164-2',
      title: '现病史',
      fields: [
        ['illhis', '病史'],
        ['symp_name', '症状'],
        ['symp_code', '症状代码'],
        ['disa_info_code', '伤残情况代码'],
      ],
    },
    {
      code: '48765-2',
      title: '过敏史',
      fields: [
        ['algs', '过敏史'],
        ['aise_code', '过敏源代码'],
      ],
    },
    { code: '29545-1', title: '体格检查', fields: [['phex', '体格检查']] },
    { code: '29548-5', title: '诊断', fields: [] },
    { code: '18776-5', title: '治疗计划', fields: [['dspo_opnn', '处置意见']] },
  ],
}
