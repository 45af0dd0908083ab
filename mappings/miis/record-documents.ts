/** The documents of 4701 and what of each node stands in which of their sections (section codes of WS/T 500). */
import type { DocumentKind } from './record-document.ts'

export const ADMISSION: DocumentKind = {
  code: 'C0034',
  title: '入院记录',
  profile: 'cn-composition-admission',
  dates: ['eval_time', 'adm_time'],
  authors: [
    ['ipdr_code', 'ipdr_name'],
    ['atddr_code', 'atddr_name'],
    ['chfdr_code', 'chfdr_name'],
    ['rec_doc_code', 'rec_doc_name'],
    ['chfpdr_code', 'chfpdr_name'],
  ],
  sections: [
    {
      code: '10154-3',
      title: '主诉',
      fields: [
        ['chfcomp', '主诉'],
        ['main_symp', '主要症状'],
        ['adm_rea', '入院原因'],
      ],
    },
    {
      code: '10164-2',
      title: '现病史',
      fields: [
        ['dise_now', '现病史'],
        ['illhis_stte_name', '病史陈述者'],
        ['illhis_stte_rltl', '陈述者与患者关系代码'],
        ['stte_rele', '陈述内容是否可靠'],
      ],
    },
    {
      code: '11348-0',
      title: '既往史',
      fields: [
        ['hlcon', '一般健康状况标志'],
        ['dise_his', '疾病史（含外伤）'],
        ['ifet', '患者传染性标志'],
        ['ifet_his', '传染病史'],
        ['oprn_his', '手术史'],
      ],
    },
    { code: '11369-6', title: '预防接种史', fields: [['prev_vcnt', '预防接种史']] },
    { code: '56836-0', title: '输血史', fields: [['bld_his', '输血史']] },
    { code: '48765-2', title: '过敏史', fields: [['algs_his', '过敏史']] },
    {
      code: '29762-2',
      title: '个人史',
      fields: [
        ['psn_his', '个人史'],
        ['mrg_his', '婚育史'],
        ['smoke', '吸烟标志'],
        ['stop_smok_days', '停止吸烟天数'],
        ['smok_info', '吸烟状况'],
        ['smok_day', '日吸烟量（支）'],
        ['drnk', '饮酒标志'],
        ['drnk_frqu', '饮酒频率'],
        ['drnk_day', '日饮酒量（mL）'],
      ],
    },
    { code: '49033-4', title: '月经史', fields: [['mena_his', '月经史']] },
    // The profile's slice of 10157-6 refers to FamilyMemberHistory; words alone have a code of ours.
    { code: 'family-history', title: '家族史', fields: [['fmhis', '家族史']] },
    {
      code: '8716-3',
      title: '生命体征',
      fields: [
        ['physexm_tprt', '体温（℃）'],
        ['physexm_pule', '脉率（次/分）'],
        ['physexm_vent_frqu', '呼吸频率（次/分）'],
        ['physexm_systolic_pre', '收缩压（mmHg）'],
        ['physexm_dstl_pre', '舒张压（mmHg）'],
        ['physexm_height', '身高（cm）'],
        ['physexm_wt', '体重（kg）'],
      ],
    },
    {
      code: '29545-1',
      title: '体格检查',
      fields: [
        ['physexm_ordn_stas', '一般状况'],
        ['physexm_skin_musl', '皮肤和粘膜'],
        ['physexm_spef_lymph', '全身浅表淋巴结'],
        ['physexm_head', '头部及其器官'],
        ['physexm_neck', '颈部'],
        ['physexm_chst', '胸部'],
        ['physexm_abd', '腹部'],
        ['physexm_finger_exam', '肛门指诊'],
        ['physexm_genital_area', '外生殖器'],
        ['physexm_spin', '脊柱'],
        ['physexm_all_fors', '四肢'],
        ['nersys', '神经系统'],
        ['spcy_info', '专科情况'],
        ['tcm4d_rslt', '中医“四诊”观察结果'],
      ],
    },
    { code: '30954-2', title: '辅助检查', fields: [['asst_exam_rslt', '辅助检查结果']] },
    {
      code: '29548-5',
      title: '诊断',
      fields: [
        ['syddclft_name', '辨证分型'],
        ['syddclft', '辨证分型代码'],
      ],
    },
    { code: '18776-5', title: '治疗计划', fields: [['prnp_trt', '治则治法']] },
    {
      code: 'nursing-observation',
      title: '护理观察',
      fields: [
        ['apgr', 'Apgar 评分'],
        ['diet_info', '饮食情况'],
        ['growth_deg', '发育程度'],
        ['mtl_stas_norm', '精神状态正常标志'],
        ['slep_info', '睡眠状况'],
        ['sp_info', '特殊情况'],
        ['mind_info', '心理状态'],
        ['nurt', '营养状态'],
        ['self_ablt', '自理能力'],
        ['nurscare_obsv_item_name', '护理观察项目'],
        ['nurscare_obsv_rslt', '护理观察结果'],
        ['resp_nurs_name', '责任护士'],
      ],
    },
  ],
}

export const FIRST_COURSE: DocumentKind = {
  code: 'C0037',
  title: '首次病程记录',
  profile: 'cn-composition-firstcourse',
  dates: ['rcd_time'],
  authors: [
    ['ipdr_code', 'ipdr_name'],
    ['ipt_dr_code', 'ipt_dr_name'],
    [undefined, 'prnt_doc_name'],
  ],
  sections: [
    { code: '10154-3', title: '主诉', fields: [['chfcomp', '主诉']] },
    {
      code: '8648-8',
      title: '病例特点',
      fields: [
        ['cas_ftur', '病例特点'],
        ['tcm4d_rslt', '中医“四诊”观察结果'],
      ],
    },
    {
      code: '29548-5',
      title: '诊断',
      fields: [
        ['dise_evid', '诊断依据'],
        ['prel_wm_diag_code', '初步诊断-西医诊断编码'],
        ['prel_wm_dise_name', '初步诊断-西医诊断名称'],
        ['prel_tcm_diag_code', '初步诊断-中医病名代码'],
        ['prel_tcm_dise_name', '初步诊断-中医病名'],
        ['prel_tcmsymp_code', '初步诊断-中医证候代码'],
        ['prel_tcmsymp', '初步诊断-中医证候'],
        ['finl_wm_diag_code', '鉴别诊断-西医诊断编码'],
        ['finl_wm_diag_name', '鉴别诊断-西医诊断名称'],
        ['finl_tcm_dise_code', '鉴别诊断-中医病名代码'],
        ['finl_tcm_dise_name', '鉴别诊断-中医病名'],
        ['finl_tcmsymp_code', '鉴别诊断-中医证候代码'],
        ['finl_tcmsymp', '鉴别诊断-中医证候'],
      ],
    },
    {
      code: '18776-5',
      title: '诊疗计划',
      fields: [
        ['dise_plan', '诊疗计划'],
        ['prnp_trt', '治则治法'],
      ],
    },
  ],
}

export const OPERATION: DocumentKind = {
  code: 'C0009',
  title: '一般手术记录',
  profile: 'cn-composition',
  dates: ['oprn_endtime', 'oprn_time', 'oprn_begntime'],
  authors: [[undefined, 'oprn_oper_name']],
  sections: [
    {
      code: '10219-4',
      title: '术前诊断',
      fields: [
        ['bfpn_diag_code', '术前诊断代码'],
        ['bfpn_inhosp_ifet', '术前是否发生院内感染'],
      ],
    },
    {
      code: '10218-6',
      title: '术后诊断',
      fields: [
        ['afpn_diag_code', '术后诊断代码'],
        ['afpn_diag_name', '术后诊断名称'],
        ['afpn_info', '手术后情况'],
      ],
    },
    {
      code: '47519-4',
      title: '手术操作',
      fields: [
        ['oprn_appy_id', '手术申请单号'],
        ['oprn_type_code', '手术分类代码'],
        ['oprn_type_name', '手术分类'],
        ['oprn_lv_name', '手术级别'],
        ['selv', '是否择期'],
        ['oprn_selv', '是否择期手术'],
        ['back_oprn', '是否重返手术'],
        ['sinc_heal_lv', '手术切口愈合等级'],
        ['oprn_asps', '是否无菌手术'],
        ['oprn_asps_ifet', '无菌手术是否感染'],
        ['oprn_merg', '是否手术合并症'],
        ['oprn_conc', '是否手术并发'],
        ['out_std_oprn_time', '是否超出标准手术时间'],
        ['oprn_anst_dept_name', '手术执行科室'],
        ['palg_dise', '病理检查'],
        ['oth_med_dspo', '其他医学处置'],
        ['prev_abtl_mednme', '是否预防使用抗菌药物'],
        ['abtl_medn_days', '预防使用抗菌药物天数'],
        ['blotype_abobfpn_inhosp_ifet', 'ABO血型代码'],
      ],
    },
    {
      code: '59774-0',
      title: '麻醉',
      fields: [
        ['anst_mtd_name', '麻醉方法'],
        ['anst_lv_name', '麻醉分级'],
        ['anst_asa_lv_name', '麻醉ASA分级'],
        ['exe_anst_dept_name', '麻醉执行科室'],
        ['anst_efft', '麻醉效果'],
        ['anst_medn_code', '麻醉药物代码'],
        ['anst_medn_name', '麻醉药物'],
        ['anst_medn_dos', '麻醉药物剂量'],
        ['anst_dosunt', '计量单位'],
        ['anst_begntime', '麻醉开始时间'],
        ['anst_endtime', '麻醉结束时间'],
        ['anst_merg_symp_code', '麻醉合并症代码'],
        ['anst_merg_symp_dscr', '麻醉合并症描述'],
        ['pacu_begntime', '入复苏室时间'],
        ['pacu_endtime', '出复苏室时间'],
      ],
    },
  ],
}

export const RESCUE: DocumentKind = {
  code: 'C0044',
  title: '抢救记录',
  profile: 'cn-composition',
  dates: ['resc_endtime', 'resc_begntime'],
  authors: [['doc_code', 'dr_name']],
  sections: [
    {
      code: '29548-5',
      title: '诊断',
      fields: [
        ['diag_code', '疾病诊断编码'],
        ['diag_name', '疾病诊断名称'],
        ['dise_code', '疾病诊断编码'],
        ['dise_name', '疾病诊断名称'],
      ],
    },
    {
      code: '11450-4',
      title: '病情变化',
      fields: [
        ['cond_chg', '病情变化情况'],
        ['mnan', '注意事项'],
      ],
    },
    {
      code: '8648-8',
      title: '抢救措施',
      fields: [
        ['resc_mes', '抢救措施'],
        ['er_resc_rec', '急诊抢救记录'],
        ['resc_begntime', '抢救开始时间'],
        ['resc_endtime', '抢救结束时间'],
        ['resc_psn_list', '参加抢救人员名单'],
      ],
    },
    {
      code: '47519-4',
      title: '手术及操作',
      fields: [
        ['oprn_oprt_code', '手术及操作编码'],
        ['oprn_oprt_name', '手术及操作名称'],
        ['oprn_oper_part', '目标部位'],
        ['itvt_name', '介入物'],
        ['oprt_mtd', '操作方法'],
        ['oprt_cnt', '操作次数'],
      ],
    },
    {
      code: '30954-2',
      title: '检查检验',
      fields: [
        ['dise_item_name', '检查/检验项目'],
        ['dise_ccls', '检查/检验结果'],
        ['dise_ccls_qunt', '检查/检验定量结果'],
        ['dise_ccls_code', '检查/检验结果代码'],
      ],
    },
  ],
}

export const DEATH: DocumentKind = {
  code: 'C0050',
  title: '死亡记录',
  profile: 'cn-composition',
  dates: ['sign_time', 'die_time'],
  authors: [
    [undefined, 'ipdr_name'],
    ['atddr_code', 'atddr_name'],
    ['chfpdr_code', 'chfpdr_name'],
    [undefined, 'chfdr_name'],
  ],
  sections: [
    {
      code: '11450-4',
      title: '入院情况',
      fields: [
        ['adm_time', '入院时间'],
        ['adm_dise', '入院诊断编码'],
        ['adm_info', '入院情况'],
      ],
    },
    { code: '8648-8', title: '诊疗过程', fields: [['trt_proc_dscr', '诊疗过程描述']] },
    {
      code: '11535-2',
      title: '死亡诊断',
      fields: [
        ['die_time', '死亡时间'],
        ['die_drt_rea', '直接死亡原因'],
        ['die_drt_rea_code', '直接死亡原因编码'],
        ['die_dise_name', '死亡诊断'],
        ['die_diag_code', '死亡诊断编码'],
        ['agre_corp_dset', '家属是否同意尸体解剖'],
      ],
    },
  ],
}

export const DISCHARGE: DocumentKind = {
  code: 'C0049',
  title: '出院记录',
  profile: 'cn-composition-discharge',
  dates: ['dscg_date'],
  authors: [[undefined, 'rec_doc']],
  sections: [
    {
      code: '11450-4',
      title: '入院情况',
      fields: [
        ['adm_dise_dscr', '入院（初步）诊断'],
        ['adm_info', '入院情况'],
      ],
    },
    {
      code: '8648-8',
      title: '诊疗过程',
      fields: [
        ['trt_proc_rslt_dscr', '诊治经过及结果'],
        ['main_drug_name', '主要药品'],
        ['oth_imp_info', '其他重要信息'],
      ],
    },
    {
      code: '11535-2',
      title: '出院诊断',
      fields: [
        ['dscg_dise_dscr', '出院诊断'],
        ['dscg_info', '出院情况'],
      ],
    },
    { code: '46209-3', title: '出院医嘱', fields: [['dscg_drord', '出院医嘱']] },
  ],
}
