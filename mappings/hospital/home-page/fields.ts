/**
 * Columns of the home page that come once: the code in force (interface of the national quality monitoring, HQMS, in its form since 2016), the code
 * of 2012 where there is one, and the field of the insurance's home page (4401) that says the same, whose mappings are these. [V: both codes with
 * their Chinese names read in several public programs; values of their tables recalled where no other national table has them]
 */
export interface HomePageField {
  column: string
  old?: string
  /** of 4401; absent: it is read by itself */
  field?: string
}

const LINES = `
A01 P900 medins_orgcode
A02 P6891 -
A46C P1 medfee_paymtd_code
A47 P800 -
A49 P2 patn_ipt_cnt
A48 P3 medcasno
A11 P4 -
A12C P5 -
A13 P6 -
A14 P7 age
A16 - -
A15C P12 -
A21C P8 -
A38C P9 -
A19C P11 -
A20 P13 -
A22 - -
A23C - -
A24 P17 -
A25C P171 -
A26 P801 -
A27 P802 -
A28C P803 -
A29 P14 empr_addr
A30 P15 empr_tel
A31C P16 empr_poscode
A32 P18 -
A33C P19 -
A34 P20 -
A35 P21 -
A17 P67 nwb_adm_wt
A18X01 P681 nwb_bir_wt
A18X02 P682 nwb_bir_wt_2
A18X03 P683 nwb_bir_wt_3
A18X04 P684 nwb_bir_wt_4
A18X05 P685 nwb_bir_wt_5
B11C P804 adm_way_code
B12 P22 adm_date
B13C P23 adm_caty
B14 P231 adm_ward
B21C P24 refldept_caty_name
B15 P25 dscg_date
B16C P26 dscg_caty
B17 P261 dscg_ward
B20 P27 ipt_days
B22 P431 deptdrt_name
B23 P432 chfdr_Name
B24 P433 atddr_name
B25 P434 ipt_dr_name
B26 P819 resp_nurs_name
B27 P435 train_dr_name
B28 P437 intn_dr_name
B29 P438 codr_name
B30C P44 medcas_qlt_code
B31 P45 qltctrl_dr_name
B32 P46 qltctrl_nurs_name
B33 P47 medcas_qlt_date
B34C P741 dscg_way
B35 P742 acp_medins_name
B36C P830 dscg_31days_rinp_flag
B37 P831 dscg_31days_rinp_pup
C24C - drug_dicm_flag
C25 P372 dicm_drug_name
C26C - abo_code
C27C - rh_code
C34C P57 die_autp_flag
D01 P782 medfee_sumamt
D09 P751 selfpay_amt
D11 P752 ordn_med_servfee
D12 P754 ordn_trt_oprt_fee
D13 P755 nurs_fee
D14 P756 com_med_serv_oth_fee
D15 P757 palg_diag_fee
D16 P758 lab_diag_fee
D17 P759 rdhy_diag_fee
D18 P760 clnc_dise_fee
D19 P761 nsrgtrt_item_fee
D19X01 P762 clnc_phys_trt_fee
D20 P763 rgtrt_trt_fee
D20X01 P764 anst_fee
D20X02 P765 rgtrt_fee
D21 P767 rhab_fee
D22 P768 tcm_trt_fee
D23 P769 wm_fee
D23X01 P770 abtl_medn_fee
D24 P771 tcmpat_fee
D25 P772 tcmherb_fee
D26 P773 blo_fee
D27 P774 albu_fee
D28 P775 glon_fee
D29 P776 clotfac_fee
D30 P777 cyki_fee
D31 P778 exam_dspo_matl_fee
D32 P779 trt_dspo_matl_fee
D33 P780 oprn_dspo_matl_fee
D34 P781 oth_fee
P31 - cnfm_date
P371 - aise
P38 - hbsag
P39 - hcv_ab
P40 - hiv_ab
P421 - resc_cnt
P422 - resc_succ_cnt
P436 - pote_intn_dr_name
P58 - hosp_dise_fsttime
P72 - vent_used_time
`

export const FIELDS: readonly HomePageField[] = LINES.trim()
  .split('\n')
  .map((line) => {
    const [column = '', old = '-', field = '-'] = line.split(' ')
    return { column, ...(old !== '-' && { old }), ...(field !== '-' && { field }) }
  })

/** Diagnoses that are none of the discharge: code and name. */
export const FURTHER_DIAGNOSES = {
  outpatient: { code: 'C01C', name: 'C02N' },
  admission: { code: 'P30', name: 'P301' },
  pathology: { code: 'C09C', name: 'C10N' },
  pathology2: { code: 'P353', name: 'P354' },
  pathology3: { code: 'P355', name: 'P356' },
  cause: { code: 'C12C', name: 'C13N' },
  cause2: { code: 'P363', name: 'P364' },
  cause3: { code: 'P365', name: 'P366' },
} as const

/** Their codes of 2012. */
export const FURTHER_OLD: readonly (readonly [old: string, name: string])[] = [
  ['P28', 'C01C'],
  ['P281', 'C02N'],
  ['P321', 'C03C'],
  ['P322', 'C04N'],
  ['P805', 'C05C'],
  ['P351', 'C09C'],
  ['P352', 'C10N'],
  ['P816', 'C11'],
  ['P361', 'C12C'],
  ['P362', 'C13N'],
]

/** What stands in the document by its title, in words of the page: no element of its own, or a table of codes that was not published. */
export const WORDS: readonly (readonly [column: string, title: string])[] = [
  ['A25C', '户口地址邮政编码'],
  ['A28C', '现住址邮政编码'],
  ['B13C', '入院科别'],
  ['C11', '病理号'],
  ['P817', '病理号2'],
  ['P818', '病理号3'],
  ['A16', '年龄不足1周岁的年龄（天）'],
  ['P66', '年龄不足1周岁的年龄'],
  ['P29', '入院时情况'],
  ['P323', '主要诊断出院情况'],
  ['P411', '门诊与出院诊断符合情况'],
  ['P412', '入院与出院诊断符合情况'],
  ['P413', '术前与术后诊断符合情况'],
  ['P414', '临床与病理诊断符合情况'],
  ['P415', '放射与病理诊断符合情况'],
  ['P687', '最高诊断依据'],
  ['P688', '分化程度'],
  ['P689', '医院感染总次数'],
  ['P561', '特级护理天数'],
  ['P562', '一级护理天数'],
  ['P563', '二级护理天数'],
  ['P564', '三级护理天数'],
  ['P581', '手术患者类型'],
  ['P59', '示教病例'],
  ['P60', '随诊'],
  ['P611', '随诊周数'],
  ['P612', '随诊月数'],
  ['P613', '随诊年数'],
  ['P64', '输血反应'],
  ['P651', '红细胞'],
  ['P652', '血小板'],
  ['P653', '血浆'],
  ['P654', '全血'],
  ['P655', '自体回收'],
  ['P656', '其他输血'],
  ['C28', '颅脑损伤患者入院前昏迷时间（天）'],
  ['C29', '颅脑损伤患者入院前昏迷时间（小时）'],
  ['C30', '颅脑损伤患者入院前昏迷时间（分钟）'],
  ['C31', '颅脑损伤患者入院后昏迷时间（天）'],
  ['C32', '颅脑损伤患者入院后昏迷时间（小时）'],
  ['C33', '颅脑损伤患者入院后昏迷时间（分钟）'],
  ['P743', '转入社区服务机构或乡镇卫生院名称'],
]

/** Hours and minutes of a coma in the codes of 2012. */
export const WORDS_OLD: readonly (readonly [old: string, name: string])[] = [
  ['P731', 'C29'],
  ['P732', 'C30'],
  ['P733', 'C32'],
  ['P734', 'C33'],
]
