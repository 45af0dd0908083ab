CodeSystem: NHSAInsutypeCS
Id: nhsa-insutype
Title: "Insurance schemes (insutype)"
Description: "Insurance schemes (insutype)"
* insert CompleteTable
* #310 "职工基本医疗保险"
* #320 "公务员医疗补助"
* #330 "大额医疗费用补助"
* #340 "离休人员医疗保障"
* #350 "一至六级残疾军人医疗补助"
* #380 "新型农村合作医疗"
* #390 "城乡居民基本医疗保险"
* #391 "城镇居民基本医疗保险"
* #392 "城乡居民大病医疗保险"
* #399 "其他"
* #410 "长期照护保险"
* #510 "生育保险"

CodeSystem: CNInsuranceTypeCS
Id: cn-insurance-type
Title: "Ways of payment beside the national schemes"
Description: "Ways of payment beside the national schemes"
* insert CompleteTable
* #commercial "商业医疗保险"
* #self-pay "自费"
* #medical-assistance "医疗救助"

ValueSet: CNInsuranceTypeVS
Id: cn-insurance-type
Title: "Insurance schemes"
Description: "Insurance schemes"
* ^experimental = false
* include codes from system $insutype
* include codes from system $insurance-type

CodeSystem: NHSAFeeCategoryCS
Id: nhsa-fee-category
Title: "Fee categories (med_chrgitm_type)"
Description: "Fee categories (med_chrgitm_type)"
* insert CompleteTable
* #01 "床位费"
* #02 "诊察费"
* #03 "检查费"
* #04 "化验费"
* #05 "治疗费"
* #06 "手术费"
* #07 "护理费"
* #08 "卫生材料费"
* #09 "西药费"
* #10 "中药饮片费"
* #11 "中成药费"
* #12 "一般诊疗费"
* #13 "挂号费"
* #14 "其他费"

ValueSet: CNFeeCategoryVS
Id: cn-fee-category
Title: "Fee categories"
Description: "Fee categories"
* ^experimental = false
* include codes from system $fee-category

CodeSystem: CNClaimTypeCS
Id: cn-claim-type
Title: "Kinds of settlement"
Description: "Kinds of settlement"
* insert CompleteTable
* #outpatient "门诊"
* #inpatient "住院"
* #special-disease "门诊慢特病"
* #pharmacy "药店购药"
* #maternity "生育"

ValueSet: CNClaimTypeVS
Id: cn-claim-type
Title: "Kinds of settlement"
Description: "Kinds of settlement"
* ^experimental = false
* include codes from system $claim-type

CodeSystem: NHSASettlementTotalCS
Id: nhsa-settlement-total
Title: "Amounts of a settlement (field names of setlinfo)"
Description: "Amounts of a settlement (field names of setlinfo)"
* insert CompleteTable
* #medfee_sumamt "医疗费总额"
* #fulamt_ownpay_amt "全自费金额"
* #overlmt_selfpay "超限价自费费用"
* #preselfpay_amt "先行自付金额"
* #inscp_scp_amt "符合政策范围金额"
* #act_pay_dedc "实际支付起付线"
* #hifp_pay "基本医疗保险统筹基金支出"
* #cvlserv_pay "公务员医疗补助资金支出"
* #hifes_pay "企业补充医疗保险基金支出"
* #hifmi_pay "居民大病保险资金支出"
* #hifob_pay "职工大额医疗费用补助基金支出"
* #hifdm_pay "伤残人员医疗保障基金支出"
* #maf_pay "医疗救助基金支出"
* #oth_pay "其他支出"
* #fund_pay_sumamt "基金支付总额"
* #psn_part_amt "个人负担总金额"
* #acct_pay "个人账户支出"
* #psn_cash_pay "个人现金支出"
* #acct_mulaid_pay "个人账户共济支付金额"
* #hosp_part_amt "医院负担金额"

ValueSet: CNSettlementTotalVS
Id: cn-settlement-total
Title: "Amounts of a settlement"
Description: "Amounts of a settlement"
* ^experimental = false
* include codes from system $settlement

CodeSystem: NHSAItemLevelCS
Id: nhsa-item-level
Title: "Class in the catalogue (chrgitm_lv)"
Description: "Class in the catalogue (chrgitm_lv)"
* insert CompleteTable
* #01 "甲类"
* #02 "乙类"
* #03 "自费"

CodeSystem: NHSAMedTypeCS
Id: nhsa-med-type
Title: "Medical category (med_type)"
Description: "Medical category (med_type)"
* insert Fragment
* #11 "普通门诊"
* #12 "门诊挂号"
* #13 "急诊"
* #14 "门诊慢特病"
* #21 "普通住院"
* #22 "外伤住院"
* #23 "转外诊治住院"
* #24 "急诊转住院"
* #41 "定点药店购药"
* #51 "生育门诊"
* #52 "生育住院"
