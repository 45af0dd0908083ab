ValueSet: CNEncounterClassVS
Id: cn-encounter-class
Title: "Encounter classes"
Description: "Encounter classes"
* ^experimental = false
* $act#AMB
* $act#EMER
* $act#OBSENC
* $act#IMP
* $act#ACUTE
* $act#NONAC
* $act#SS
* $act#HH
* $act#VR
* $null#UNK

CodeSystem: CNConditionCategoryCS
Id: cn-condition-category
Title: "Categories of diagnosis that R4 lacks"
Description: "Categories of diagnosis that R4 lacks"
* insert CompleteTable
* #pathology "病理诊断"
* #tcm-disease "中医病名"
* #tcm-syndrome "中医证候"

ValueSet: CNConditionCategoryVS
Id: cn-condition-category
Title: "Categories of diagnosis"
Description: "Categories of diagnosis"
* ^experimental = false
* include codes from system $cn-condition-category
* $condition-category#encounter-diagnosis
* $condition-category#problem-list-item

CodeSystem: CNPrescriptionCategoryCS
Id: cn-prescription-category
Title: "Kinds of prescription"
Description: "Kinds of prescription"
* insert CompleteTable
* #outpatient "门诊处方"
* #emergency "急诊处方"
* #inpatient "住院医嘱"
* #discharge "出院带药"
* #tcm "中药处方"

ValueSet: CNPrescriptionCategoryVS
Id: cn-prescription-category
Title: "Kinds of prescription"
Description: "Kinds of prescription"
* ^experimental = false
* include codes from system $prescription-category
* http://terminology.hl7.org/CodeSystem/medicationrequest-category#inpatient
* http://terminology.hl7.org/CodeSystem/medicationrequest-category#outpatient
* http://terminology.hl7.org/CodeSystem/medicationrequest-category#community
* http://terminology.hl7.org/CodeSystem/medicationrequest-category#discharge

CodeSystem: CNAdminLevelCS
Id: cn-admin-level
Title: "Administrative level of a hospital"
Description: "Administrative level of a hospital"
* insert CompleteTable
* #national "国家级"
* #provincial "省级"
* #prefectural "地市级"
* #county "县级"
* #community "社区与乡镇"
* #military "军队"
* #private "民营"

ValueSet: CNAdminLevelVS
Id: cn-admin-level
Title: "Administrative level of a hospital"
Description: "Administrative level of a hospital"
* ^experimental = false
* include codes from system https://fhir-cn.example/CodeSystem/cn-admin-level

CodeSystem: CNHospitalLevelCS
Id: cn-hospital-level
Title: "Grade and class of a hospital"
Description: "Grade and class of a hospital"
* insert CompleteTable
* #3A+ "三级特等"
* #3A "三级甲等"
* #3B "三级乙等"
* #3C "三级丙等"
* #3 "三级未定等"
* #2A "二级甲等"
* #2B "二级乙等"
* #2C "二级丙等"
* #2 "二级未定等"
* #1A "一级甲等"
* #1B "一级乙等"
* #1C "一级丙等"
* #1 "一级未定等"
* #ungraded "未定级"

ValueSet: CNHospitalLevelVS
Id: cn-hospital-level
Title: "Grade and class of a hospital"
Description: "Grade and class of a hospital"
* ^experimental = false
* include codes from system https://fhir-cn.example/CodeSystem/cn-hospital-level

CodeSystem: CNOrderKindCS
Id: cn-order-kind
Title: "Kind of order"
Description: "Kind of order"
* insert CompleteTable
* #long-term "长期医嘱"
* #temporary "临时医嘱"

ValueSet: CNOrderKindVS
Id: cn-order-kind
Title: "Kind of order"
Description: "Kind of order"
* ^experimental = false
* include codes from system https://fhir-cn.example/CodeSystem/cn-order-kind

CodeSystem: CNHouseholdKindCS
Id: cn-household-kind
Title: "Kind of household registration"
Description: "Kind of household registration"
* insert CompleteTable
* #urban "城镇户口"
* #rural "农村户口"

ValueSet: CNHouseholdKindVS
Id: cn-household-kind
Title: "Kind of household registration"
Description: "Kind of household registration"
* ^experimental = false
* include codes from system https://fhir-cn.example/CodeSystem/cn-household-kind

CodeSystem: CNAddressKindCS
Id: cn-address-kind
Title: "What an address is to the person"
Description: "What an address is to the person"
* insert CompleteTable
* #home "现住址"
* #registered "户籍地址"
* #work "工作单位地址"
* #birth "出生地"

ValueSet: CNAddressKindVS
Id: cn-address-kind
Title: "What an address is to the person"
Description: "What an address is to the person"
* ^experimental = false
* include codes from system https://fhir-cn.example/CodeSystem/cn-address-kind

CodeSystem: CNDataFormCS
Id: cn-data-form
Title: "Form of the data"
Description: "Form of the data"
* insert CompleteTable
* #IDENT "可识别"
* #PSEUD "受限数据集（去标识）"
* #ANON "匿名发布"

ValueSet: CNDataFormVS
Id: cn-data-form
Title: "Form of the data"
Description: "Form of the data"
* ^experimental = false
* include codes from system https://fhir-cn.example/CodeSystem/cn-data-form

CodeSystem: CNMetaModelCS
Id: cn-meta-model
Title: "Consent models of a meta consent"
Description: "Consent models of a meta consent"
* insert CompleteTable
* #opt-out "默认同意，可拒绝"
* #broad "宽泛同意"
* #blanket-permit "概括同意"
* #dynamic "动态同意"
* #blanket-deny "概括拒绝"

ValueSet: CNMetaModelVS
Id: cn-meta-model
Title: "Consent models of a meta consent"
Description: "Consent models of a meta consent"
* ^experimental = false
* include codes from system https://fhir-cn.example/CodeSystem/cn-meta-model

CodeSystem: CNConsentModelCS
Id: cn-consent-model
Title: "Consent models"
Description: "Consent models"
* insert CompleteTable
* #opt-out "默认同意，可拒绝"
* #broad "宽泛同意"
* #blanket "概括同意"
* #dynamic "动态同意"
* #meta "元同意"
* #withdrawal "撤回"

CodeSystem: CNIdentifierTypeCS
Id: cn-identifier-type
Title: "Kinds of number of a person or a visit"
Description: "Kinds of number of a person or a visit"
* insert CompleteTable
* #ID "居民身份证号"
* #HC "居民健康卡号"
* #EHR "健康档案编号"
* #OPNO "门诊号"
* #IPNO "住院号"
* #MRN "病案号"
* #PSN "医保人员编号"
* #SSC "社会保障卡号"
* #PPN "护照号"
* #HKMT "港澳台居民证件号"
* #BIRTH "出生医学证明号"
* #MIL "军官证号"
* #OTH "其他"

ValueSet: CNPolicyRuleVS
Id: cn-policy-rule
Title: "What a consent says before its exceptions"
Description: "What a consent says before its exceptions"
* ^experimental = false
* $act#OPTIN
* $act#OPTINR
* $act#OPTOUT
* $act#OPTOUTE
* $act#EMRGONLY
* $act#NOPP
* $act#GRANTORCHOICE
* $act#IMPLIED
* $act#IMPLIEDD
