CodeSystem: CNGuardianshipBasisCS
Id: cn-guardianship-basis
Title: "监护依据"
Description: "Ground of a guardianship"
* insert CompleteTable
* #parent "父母"
* #kin "其他近亲属"
* #appointed "指定监护人"
* #agreed "意定监护人"
* #organization "组织或机构"

ValueSet: CNGuardianshipBasisVS
Id: cn-guardianship-basis
Title: "监护依据"
Description: "Ground of a guardianship"
* insert CompleteValueSet
* include codes from system https://fhir-cn.example/CodeSystem/cn-guardianship-basis

CodeSystem: CNRoleCS
Id: cn-role
Title: "医务人员角色"
Description: "What a health worker does in a hospital or a team"
* insert CompleteTable
* #chief "主任医师或科主任"
* #attending "主治医师"
* #resident "住院医师"
* #intern "进修或实习医师"
* #surgeon "术者"
* #anaesthetist "麻醉医师"
* #nurse "责任护士"
* #quality-doctor "质控医师"
* #quality-nurse "质控护士"
* #coder "编码员"
* #pharmacist "药师"
* #technician "技师"
* #family-doctor "家庭医生"

ValueSet: CNRoleVS
Id: cn-role
Title: "医务人员角色"
Description: "What a health worker does in a hospital or a team"
* insert CompleteValueSet
* include codes from system $role

CodeSystem: CNAuthorityTypeCS
Id: cn-authority-type
Title: "管理部门类别"
Description: "Kind of administration"
* insert CompleteTable
* #HA "卫生健康行政部门"
* #MIA "医疗保障行政部门或经办机构"
* #other "其他管理部门"

ValueSet: CNAuthorityTypeVS
Id: cn-authority-type
Title: "管理部门类别"
Description: "Kind of administration"
* insert CompleteValueSet
* include codes from system https://fhir-cn.example/CodeSystem/cn-authority-type

ValueSet: CNAuthorityLevelVS
Id: cn-authority-level
Title: "管理部门级别"
Description: "Administrative level of an administration"
* insert CompleteValueSet
* https://fhir-cn.example/CodeSystem/cn-admin-level#national
* https://fhir-cn.example/CodeSystem/cn-admin-level#provincial
* https://fhir-cn.example/CodeSystem/cn-admin-level#prefectural
* https://fhir-cn.example/CodeSystem/cn-admin-level#county

CodeSystem: CNDepartmentTypeCS
Id: cn-department-type
Title: "科室类别"
Description: "Kind of department"
* insert CompleteTable
* #clinical "临床科室"
* #technical "医技科室"
* #nursing "护理单元"
* #pharmacy "药学部门"
* #administrative "职能部门"

ValueSet: CNDepartmentTypeVS
Id: cn-department-type
Title: "科室类别"
Description: "Kind of department, or the item of 诊疗科目名录"
* insert CompleteValueSet
* include codes from system https://fhir-cn.example/CodeSystem/cn-department-type
* include codes from system https://fhir-cn.example/CodeSystem/nhsa-department

ValueSet: CNLocationTypeVS
Id: cn-location-type
Title: "地点类别"
Description: "Kind of place"
* insert CompleteValueSet
* http://terminology.hl7.org/CodeSystem/location-physical-type#si "院区"
* http://terminology.hl7.org/CodeSystem/location-physical-type#bu "楼"
* http://terminology.hl7.org/CodeSystem/location-physical-type#lvl "楼层"
* http://terminology.hl7.org/CodeSystem/location-physical-type#wa "病区"
* http://terminology.hl7.org/CodeSystem/location-physical-type#ro "房间"
* http://terminology.hl7.org/CodeSystem/location-physical-type#bd "床位"
* http://terminology.hl7.org/CodeSystem/location-physical-type#area "区域"

CodeSystem: CNEpisodeTypeCS
Id: cn-episode-type
Title: "健康管理类别"
Description: "What is managed over many visits"
* insert CompleteTable
* #hypertension "高血压患者管理"
* #diabetes "2型糖尿病患者管理"
* #maternal "孕产妇健康管理"
* #child "0至6岁儿童健康管理"
* #elderly "老年人健康管理"
* #mental "严重精神障碍患者管理"
* #tuberculosis "肺结核患者管理"
* #tumour "肿瘤治疗疗程"

ValueSet: CNEpisodeTypeVS
Id: cn-episode-type
Title: "健康管理类别"
Description: "What is managed over many visits"
* insert CompleteValueSet
* include codes from system https://fhir-cn.example/CodeSystem/cn-episode-type
