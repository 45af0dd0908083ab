CodeSystem: CNGenderGBCS
Id: gb-t-2261-1
Title: "GB/T 2261.1 sex"
Description: "GB/T 2261.1 sex"
* ^url = "urn:oid:2.16.156.10011.2.3.3.4"
* insert CompleteTable
* #0 "未知的性别"
* #1 "男性"
* #2 "女性"
* #9 "未说明的性别"

ValueSet: CNGenderGBVS
Id: cn-gender-gb
Title: "GB/T 2261.1 sex"
Description: "GB/T 2261.1 sex"
* ^experimental = false
* include codes from system $gender-gb

CodeSystem: CNEthnicityCS
Id: gb-3304
Title: "GB 3304 ethnic groups"
Description: "GB 3304 ethnic groups"
* ^url = "urn:oid:2.16.156.10011.2.3.3.3"
* insert CompleteTable
* #01 "汉族"
* #02 "蒙古族"
* #03 "回族"
* #04 "藏族"
* #05 "维吾尔族"
* #06 "苗族"
* #07 "彝族"
* #08 "壮族"
* #09 "布依族"
* #10 "朝鲜族"
* #11 "满族"
* #12 "侗族"
* #13 "瑶族"
* #14 "白族"
* #15 "土家族"
* #16 "哈尼族"
* #17 "哈萨克族"
* #18 "傣族"
* #19 "黎族"
* #20 "傈僳族"
* #21 "佤族"
* #22 "畲族"
* #23 "高山族"
* #24 "拉祜族"
* #25 "水族"
* #26 "东乡族"
* #27 "纳西族"
* #28 "景颇族"
* #29 "柯尔克孜族"
* #30 "土族"
* #31 "达斡尔族"
* #32 "仫佬族"
* #33 "羌族"
* #34 "布朗族"
* #35 "撒拉族"
* #36 "毛南族"
* #37 "仡佬族"
* #38 "锡伯族"
* #39 "阿昌族"
* #40 "普米族"
* #41 "塔吉克族"
* #42 "怒族"
* #43 "乌孜别克族"
* #44 "俄罗斯族"
* #45 "鄂温克族"
* #46 "德昂族"
* #47 "保安族"
* #48 "裕固族"
* #49 "京族"
* #50 "塔塔尔族"
* #51 "独龙族"
* #52 "鄂伦春族"
* #53 "赫哲族"
* #54 "门巴族"
* #55 "珞巴族"
* #56 "基诺族"
* #97 "其他"
* #98 "外国血统中国籍人士"
* #99 "未说明"

ValueSet: CNEthnicityVS
Id: cn-ethnicity
Title: "GB 3304 ethnic groups"
Description: "GB 3304 ethnic groups"
* ^experimental = false
* include codes from system $ethnicity

CodeSystem: CNMaritalStatusCS
Id: gb-t-2261-2
Title: "GB/T 2261.2 marital status"
Description: "GB/T 2261.2 marital status"
* ^url = "urn:oid:2.16.156.10011.2.3.3.5"
* insert CompleteTable
* #10 "未婚"
* #20 "已婚"
* #21 "初婚"
* #22 "再婚"
* #23 "复婚"
* #30 "丧偶"
* #40 "离婚"
* #90 "未说明的婚姻状况"

ValueSet: CNMaritalStatusVS
Id: cn-marital-status
Title: "Marital status, GB/T 2261.2 or HL7"
Description: "Marital status, GB/T 2261.2 or HL7"
* ^experimental = false
* include codes from system $marital
* http://terminology.hl7.org/CodeSystem/v3-MaritalStatus#A
* http://terminology.hl7.org/CodeSystem/v3-MaritalStatus#D
* http://terminology.hl7.org/CodeSystem/v3-MaritalStatus#I
* http://terminology.hl7.org/CodeSystem/v3-MaritalStatus#L
* http://terminology.hl7.org/CodeSystem/v3-MaritalStatus#M
* http://terminology.hl7.org/CodeSystem/v3-MaritalStatus#P
* http://terminology.hl7.org/CodeSystem/v3-MaritalStatus#S
* http://terminology.hl7.org/CodeSystem/v3-MaritalStatus#T
* http://terminology.hl7.org/CodeSystem/v3-MaritalStatus#U
* http://terminology.hl7.org/CodeSystem/v3-MaritalStatus#W
* $null#UNK

CodeSystem: CNFamilyRelationCS
Id: gb-t-4761
Title: "GB/T 4761 family relations, one digit"
Description: "GB/T 4761 family relations, one digit"
* ^url = "urn:oid:2.16.156.10011.2.3.3.8"
* insert Fragment
* #0 "本人或户主"
* #1 "配偶"
* #2 "子"
* #3 "女"
* #4 "孙子、孙女或外孙子、外孙女"
* #5 "父母"
* #6 "祖父母或外祖父母"
* #7 "兄、弟、姐、妹"
* #8 "其他"

ValueSet: CNFamilyRelationVS
Id: cn-family-relation
Title: "Family relations, GB/T 4761 or HL7"
Description: "Family relations, GB/T 4761 or HL7"
* ^experimental = false
* include codes from system $family
* http://terminology.hl7.org/CodeSystem/v2-0131#C
* http://terminology.hl7.org/CodeSystem/v2-0131#E
* http://terminology.hl7.org/CodeSystem/v2-0131#F
* http://terminology.hl7.org/CodeSystem/v2-0131#I
* http://terminology.hl7.org/CodeSystem/v2-0131#N
* http://terminology.hl7.org/CodeSystem/v2-0131#S
* http://terminology.hl7.org/CodeSystem/v2-0131#U

CodeSystem: CNDischargeWayCS
Id: cv-discharge-way
Title: "Discharge way (离院方式)"
Description: "Discharge way (离院方式)"
* ^url = "urn:oid:2.16.156.10011.2.3.1.265"
* insert CompleteTable
* #1 "医嘱离院"
* #2 "医嘱转院"
* #3 "医嘱转社区卫生服务机构或乡镇卫生院"
* #4 "非医嘱离院"
* #5 "死亡"
* #9 "其他"

ValueSet: CNDischargeWayVS
Id: cn-discharge-way
Title: "Discharge way"
Description: "Discharge way"
* ^experimental = false
* include codes from system $discharge-way

CodeSystem: CNAdmissionRouteCS
Id: cv-admission-route
Title: "Admission route (入院途径)"
Description: "Admission route (入院途径)"
* ^url = "urn:oid:2.16.156.10011.2.3.1.270"
* insert CompleteTable
* #1 "急诊"
* #2 "门诊"
* #3 "其他医疗机构转入"
* #9 "其他"

ValueSet: CNAdmissionRouteVS
Id: cn-admission-route
Title: "Admission route"
Description: "Admission route"
* ^experimental = false
* include codes from system $admission-route

CodeSystem: CNPaymentMethodCS
Id: cv-payment-method
Title: "Payment method (医疗付费方式)"
Description: "Payment method (医疗付费方式)"
* ^url = "urn:oid:2.16.156.10011.2.3.1.269"
* insert CompleteTable
* #01 "城镇职工基本医疗保险"
* #02 "城镇居民基本医疗保险"
* #03 "新型农村合作医疗"
* #04 "贫困救助"
* #05 "商业医疗保险"
* #06 "全公费"
* #07 "全自费"
* #08 "其他社会保险"
* #99 "其他"

ValueSet: CNPaymentMethodVS
Id: cn-payment-method
Title: "Payment method"
Description: "Payment method"
* ^experimental = false
* include codes from system $payment-method

CodeSystem: CNAdmissionConditionCS
Id: cv-admission-condition
Title: "Admission condition (入院病情)"
Description: "Admission condition (入院病情)"
* ^url = "urn:oid:2.16.156.10011.2.3.1.253"
* insert CompleteTable
* #1 "有"
* #2 "临床未确定"
* #3 "情况不明"
* #4 "无"

ValueSet: CNAdmissionConditionVS
Id: cn-admission-condition
Title: "Admission condition"
Description: "Admission condition"
* ^experimental = false
* include codes from system $admission-condition

CodeSystem: CNDocumentTypeCS
Id: ws-t-500-documents
Title: "Shared documents of WS/T 500"
Description: "Shared documents of WS/T 500"
* ^url = "urn:oid:2.16.156.10011.2.4"
* insert CompleteTable
* #C0001 "病历概要"
* #C0002 "门（急）诊病历"
* #C0003 "急诊留观病历"
* #C0004 "西药处方"
* #C0005 "中药处方"
* #C0006 "检查报告"
* #C0007 "检验报告"
* #C0008 "治疗记录"
* #C0009 "一般手术记录"
* #C0010 "麻醉术前访视记录"
* #C0011 "麻醉记录"
* #C0012 "麻醉术后访视记录"
* #C0013 "输血记录"
* #C0014 "待产记录"
* #C0015 "阴道分娩记录"
* #C0016 "剖宫产记录"
* #C0017 "一般护理记录"
* #C0018 "病重（病危）护理记录"
* #C0019 "手术护理记录"
* #C0020 "生命体征测量记录"
* #C0021 "出入量记录"
* #C0022 "高值耗材使用记录"
* #C0023 "入院评估"
* #C0024 "护理计划"
* #C0025 "出院评估与指导"
* #C0026 "手术知情告知书"
* #C0027 "麻醉知情同意书"
* #C0028 "输血治疗同意书"
* #C0029 "特殊检查及特殊治疗同意书"
* #C0030 "病危（重）通知书"
* #C0031 "其他知情同意书"
* #C0032 "住院病案首页"
* #C0033 "中医住院病案首页"
* #C0034 "入院记录"
* #C0035 "24小时内入出院记录"
* #C0036 "24小时内入院死亡记录"
* #C0037 "首次病程记录"
* #C0038 "日常病程记录"
* #C0039 "上级医师查房记录"
* #C0040 "疑难病例讨论记录"
* #C0041 "交接班记录"
* #C0042 "转科记录"
* #C0043 "阶段小结"
* #C0044 "抢救记录"
* #C0045 "会诊记录"
* #C0046 "术前小结"
* #C0047 "术前讨论"
* #C0048 "术后首次病程记录"
* #C0049 "出院记录"
* #C0050 "死亡记录"
* #C0051 "死亡病例讨论记录"
* #C0052 "住院医嘱"
* #C0053 "出院小结"

ValueSet: CNDocumentTypeVS
Id: cn-document-type
Title: "Shared documents of WS/T 500"
Description: "Shared documents of WS/T 500"
* ^experimental = false
* include codes from system $documents

CodeSystem: CVHealingGradeCS
Id: cv-healing-grade
Title: "Healing of incisions (切口愈合等级), as recalled"
Description: "Healing of incisions (切口愈合等级), as recalled"
* ^url = "urn:oid:2.16.156.10011.2.3.1.257"
* insert Fragment
* #1 "甲"
* #2 "乙"
* #3 "丙"
* #9 "其他"

CodeSystem: CVSurgeryLevelCS
Id: cv-surgery-level
Title: "Levels of operation (手术级别)"
Description: "Levels of operation (手术级别)"
* ^url = "urn:oid:2.16.156.10011.2.3.1.258"
* insert Fragment
* #1 "一级手术"
* #2 "二级手术"
* #3 "三级手术"
* #4 "四级手术"

CodeSystem: CVNursingGradeCS
Id: cv-nursing-grade
Title: "Grades of nursing (护理等级), as recalled"
Description: "Grades of nursing (护理等级), as recalled"
* ^url = "urn:oid:2.16.156.10011.2.3.1.259"
* insert Fragment
* #1 "特级护理"
* #2 "一级护理"
* #3 "二级护理"
* #4 "三级护理"
