/**
 * Chinese meaning of elements, by name; where one name means several things, by the path in its type. The English one stands in the
 * definitions themselves.
 */

const BY_NAME = `
abatement[x]=缓解或终止时间 accessionIdentifier=检查号（登记号） accident=事故 account=费用账户 action=动作 active=有效
activity=活动 actor=执行者 actual=实有（非描述性） addItem=保险方增加的项目 additive=添加剂 additive[x]=添加剂 address=地址
addresses=针对的健康问题 adjudication=核定明细 adjustment=非费用调整 adjustmentReason=调整原因 admitSource=入院途径 age=年龄
age[x]=年龄 agent=参与者 alias=别名 allDay=全天 allowed[x]=允许值 altId=备用用户标识 altitude=海拔 amount=金额或数量
appliesTo=适用人群 appointment=预约 approvalDate=批准日期 arm=研究分组 asNeeded[x]=必要时 asserter=陈述者 assessment=评估
assigner=发放机构 attachment=附件 attester=签署者 authenticator=认证者 author=作者 authoredOn=开具时间 authority=主管机构
availabilityExceptions=不开放时间说明 availableEndTime=结束时间 availableStartTime=开始时间 availableTime=服务时间 basedOn=所依据的申请
batch=批次 beneficiary=参保人 benefitBalance=待遇余额 benefitPeriod=待遇期间 billablePeriod=计费期间 birthDate=出生日期 bodySite=部位
bodysite=部位 born[x]=出生日期 businessArrangement=合同号 capacity=容量 careManager=责任管理者 careTeam=诊疗团队 careTeamSequence=诊疗团队成员序号
carrierAIDC=条码内容（机读） carrierHRF=条码内容（人读） category=类别 characteristic=特征 citation=引用文献 city=市（地区） claim=申报
claimResponse=申报结果 class=类别 classHistory=类别历史 clinicalRecommendationStatement=临床建议 clinicalStatus=临床状态 closingTime=关闭时间
code=代码 coding=编码 collected[x]=采集时间 collection=采集 collector=采集者 comment=说明 communication=交流语言 comparator=比较符
complication=并发症 complicationDetail=并发症的诊断 component=组成项 compositeScoring=综合计分方式 conclusion=结论 conclusionCode=结论编码
condition=疾病或诊断 confidentiality=保密级别 contact=联系人 contained=内含资源 container=容器 content=内容 contentType=媒体类型
context=所属就诊或情境 contract=合同 contributedToDeath=是否死因 contributor=贡献者 copyright=版权 costCenter=成本中心 costToBeneficiary=个人负担
count=数量 country=国家 courseOfTherapyType=疗程类型 coverage=参保信息 created=创建日期 creation=创建时间 criteria=条件 criticality=危险程度
custodian=保管机构 dailyAmount=每日用量 data=数据 dataAbsentReason=缺失原因 dataPeriod=数据期间 dataRequirement=数据要求 date=日期
dateTime=时间 daysOfWeek=星期 deceased[x]=死亡 definition=定义 definitionCanonical=定义（规范地址） definitionUri=定义（地址） deleted=已删除
dependent=家属序号 derivedFrom=来源测量 description=说明 destination=去向 detail=明细 detailSequence=明细序号 detectedIssue=发现的问题
device=设备 deviceIdentifier=产品标识（UDI-DI） deviceName=器械名称 diagnosis=诊断 diagnosisSequence=诊断序号 diagnosis[x]=诊断 dietPreference=饮食要求
dischargeDisposition=离院方式 disclaimer=免责声明 dispenseInterval=发药最短间隔 dispenseRequest=发药要求 display=显示名 disposition=处理说明
distinctIdentifier=唯一识别码 district=县（区） doNotPerform=禁止执行 docStatus=文档状态 document=文档 documentType=宣教材料类型 dosage=用药情况
dosageInstruction=用法用量 dose=剂量 doseNumber[x]=剂次 doseQuantity=剂量 duration=持续时间 during=期间 editor=编辑者 education=宣教材料
effectivePeriod=适用期间 effective[x]=临床相关时间 emptyReason=为空原因 encounter=就诊 end=结束时间 endorser=认可者 endpoint=技术端点
enrollment=入组条件 enteredDate=录入日期 enterer=录入者 entity=对象 entry=条目 entryType=录入方式 episodeOfCare=长期健康管理 estimatedAge=年龄为估计值
evaluatedResource=参与计算的数据 event=事件 eventHistory=历次事件 evidence=依据 exception=例外 exclude=排除 excluded=不予支付 expectedSupplyDuration=预计用药天数
experimental=仅供试用 expirationDate=有效期至 exposureRoute=接触途径 extension=扩展 facility=机构 facilityType=机构类型 factor=系数
factorOverride=调整系数 fastingStatus[x]=空腹状态 financial=待遇金额 flag=标志 focal=用于本次结算 focalDevice=涉及的器械 focus=所关注的对象
followUp=随访要求 form=剂型或单据 formCode=单据代码 format=格式 function=职责 fundingSource=经费来源 fundsReserve=资金保留 fundsReserveRequested=申请保留资金
gender=性别 generalPractitioner=签约医生 goal=目标 group=分组 groupIdentifier=组号 guarantor=担保人 guidance=使用指导 hasMember=成员项
hash=摘要（SHA-1） healthcareService=医疗服务 high=上限 hospitalization=住院情况 hoursOfOperation=开放时间 id=标识 identifier=编号
imagingStudy=影像检查 implicitRules=隐含规则 improvementNotation=改善方向 inactive=已退出 individual=人员 informationSequence=补充信息序号
ingredient=成分 initialFill=首次发药 instance=影像 instantiates=所依据的规程 instantiatesCanonical=所依据的规程（规范地址） instantiatesUri=所依据的规程（地址）
insurance=参保信息 insurer=经办机构 intent=意图 interpretation=结果解释 interpreter=阅片者 isActive=有效成分 isSubpotent=剂量不足 issued=发布时间
issuer=发码机构 item=项目 itemSequence=项目序号 item[x]=成分 jurisdiction=适用地区 keyword=关键词 kind=种类 label=标签 language=语言
lastOccurrence=最近发生时间 lastReviewDate=最近审查日期 laterality=左右侧 latitude=纬度 length=时长 library=规则库 lifecycle=生命周期阶段
line=街道门牌 link=关联 location=地点 locationCode=地点代码 locationReference=地点 location[x]=地点 longitude=经度 lotNumber=批号 low=下限
managingEntity=管理者 managingOrganization=管理机构 manifestation=表现 manipulated=受影响的器械 manufactureDate=生产日期 manufacturer=生产厂家
maritalStatus=婚姻状况 masterIdentifier=版本唯一编号 meaning=含义 measure=指标 measureScore=得分 media=影像图片 medication[x]=药品
member=成员 meta=元数据 method=方法 modality=设备类型 mode=方式 modelNumber=型号 modifier=修饰码 modifierExtension=修饰性扩展
multipleBirth[x]=多胞胎 name=名称 net=金额 network=网络位置 notAvailable=停诊时间 note=备注 noteNumber=备注序号 number=序号
numberOfInstances=影像数 numberOfRepeatsAllowed=可续方次数 numberOfSeries=序列数 objective=研究目标 observer=记录来源 occurred[x]=发生时间
occurrence[x]=发生时间 onAdmission=入院时情况 onBehalfOf=所代表的机构 onHold=暂停 onset=发生时间 onset[x]=发病时间 openingTime=开放时间
operationalStatus=使用状态 order=顺序 orderDetail=医嘱补充内容 orderedBy=排序依据 organization=机构 origin=来源地 originalPrescription=原处方
other=另一人员记录 outcome=结果 outcomeCodeableConcept=结果编码 outcomeDesc=结果说明 outcomeReference=结果记录 overrideReason=调价原因 owner=所有者
packageCode=打包代码 parameter=参数 parent=上级 partNumber=部件号 partOf=所属 participant=参与人员 party=责任方 patient=患者
patientInstruction=患者须知 payee=收款方 payment=支付 payor=付费方 performed[x]=实施时间 performer=执行者 performerType=执行者类型
performingOrganization=执行机构 period=期间 phase=阶段 photo=照片 physicalType=场所形态 policy=政策依据 policyHolder=投保人 policyRule=总则
population=人群 position=坐标 postalCode=邮政编码 practiceSetting=临床专业 practitioner=医务人员 preAdmissionIdentifier=入院前编号 preAuthRef=预授权号
preAuthRefPeriod=预授权期间 precedence=优先次序 preferred=首选 prescription=处方 presentationDate=宣教日期 presentedForm=报告原件 priceOverride=金额
primaryPurposeType=主要目的 primarySource=是否原始记录 principalInvestigator=主要研究者 priorPrescription=前一处方 priority=优先级 procedure=操作
procedureCode=操作代码 procedureReference=操作记录 procedureSequence=操作序号 procedure[x]=手术操作 processNote=处理备注 processing=处理
productOrService=药品、服务或材料代码 product[x]=产品 programCode=项目代码 programEligibility=免疫规划资格 progress=进展 property=属性
protocol=研究方案 protocolApplied=接种方案 provider=医疗机构 provision=规定 publicationDate=出版日期 publisher=发布者 purpose=目的
purposeOfEvent=使用目的 purposeOfUse=使用目的 qualification=资质 quantity=数量 quantity[x]=数量 query=查询内容 rank=次序 rateAggregation=汇总方式
rate[x]=速率 rationale=理由 reAdmission=再入院 reaction=反应 reason=原因 reasonCode=原因编码 reasonReference=原因记录 reasonStopped=中止原因
receivedTime=接收时间 recorded=记录时间 recordedDate=记录日期 recorder=记录者 reference=引用 referenceRange=参考范围 referral=转诊 referralRequest=转诊申请
referrer=申请医师 related=关联的记录 relatedArtifact=相关资料 relatesTo=与其他文档的关系 relationship=关系 relevantHistory=历史记录 replaces=所替代的记录
report=报告 reportOrigin=二手记录来源 reported=自述 reported[x]=非本机构记录 reporter=报告机构 request=申请 requester=开具者 requestingOrganization=申请机构
requestor=是否请求方 requisition=申请单号 resource=资源 responsible=负责人 result=结果 resultsInterpreter=审核者 revenue=收入类别 reviewer=审查者
riskAdjustment=风险调整 role=角色 route=途径 safety=安全性 scheduled[x]=计划时间 scope=范围 scoring=计分方式 section=章节 securityContext=权限依据
securityLabel=安全标签 sequence=序号 serialNumber=序列号 series=序列 seriesDoses[x]=总剂次 service=服务 servicePeriod=服务期间 serviceProvider=就诊医院
serviceType=服务类型 serviced[x]=服务日期 severity=严重程度 sex=性别 signature=签名 site=部位 size=大小 sopClass=DICOM类 source=来源
sourcePatientInfo=来源患者信息 source[x]=原始文书 specialArrangement=特殊安排 specialCourtesy=特殊礼遇 specialization=专用功能 specialty=专业 specimen=标本
specimenQuantity=标本量 sponsor=申办方 stage=分期 start=开始时间 started=开始时间 state=省（自治区、直辖市） status=状态 statusHistory=状态历史
statusReason=状态原因 stratifier=分层 stratum=层 strength=规格 subDetail=子明细 subDetailSequence=子明细序号 subSite=牙面等子部位 subType=子类别
subject=对象 subjectResults=对象明细 subject[x]=适用对象 subpotentReason=剂量不足原因 subrogation=代位追偿 subscriber=参保登记人 subscriberId=参保编号
substance=物质 substitution=替代规定 subtitle=副标题 subtype=子类型 summary=摘要 supplementalData=补充数据 supportingInfo=补充信息
supportingInformation=补充信息 system=体系（系统） systemType=系统类型 target=目标 targetDisease=所防疾病 target[x]=目标 team=团队 telecom=联系方式
term=计算周期 text=文字 time=时间 time[x]=时间 timing[x]=时间安排 title=标题 topic=主题 total=合计 type=类型 udi=唯一器械标识 udiCarrier=唯一器械标识（UDI）
uid=DICOM编号 unit=单位 unitPrice=单价 uri=地址 url=地址 usage=用途 use=用途 useContext=适用情境 usedCode=所用物品代码 usedReference=所用物品
used[x]=已用额度 versionId=版本号 lastUpdated=最后更新时间 profile=所依据的规范 security=安全标签 tag=标签 userSelected=由用户选定 vaccineCode=疫苗 validityPeriod=有效期间 value=值 valueCode=值（代码） valueQuantity=值（数量） value[x]=值
verification=核实 verificationDate=核实时间 verificationStatus=确认状态 verified=已核实 verifiedWith=核实对象 version=版本 what=所指资源 who=人员或系统`

const BY_PATH = `
Account.coverage.priority=支付次序 Account.subject=费用所属的患者 AllergyIntolerance.code=过敏物质 AuditEvent.type=事件类型 Claim.item.category=费用类别
CarePlan.subject=患者 Claim.total=申报总额 ChargeItem.code=收费项目 ChargeItem.context=所属就诊 Composition.type=文档类型 Composition.section.entry=章节所含记录
Composition.section.title=章节标题 Composition.attester.party=签署人 Composition.attester.time=签署时间 Condition.code=诊断代码 Condition.category=诊断类别
Consent.provision.provision=例外规定 Coverage.class=参保分类 Coverage.type=险种 Coverage.relationship=与参保登记人的关系 DiagnosticReport.code=检查检验项目
DiagnosticReport.conclusion=诊断结论 Device.patient=植入的患者 DocumentReference.type=文档类型 Encounter.class=就诊类别 Encounter.diagnosis.use=诊断的作用
Encounter.diagnosis.rank=诊断次序 Encounter.hospitalization.origin=转来机构 ExplanationOfBenefit.total=结算合计项目 ExplanationOfBenefit.total.category=金额项目
Group.quantity=人数 Immunization.site=接种部位 Location.partOf=所在场所 Measure.group.population=指标人群 Medication.code=药品代码 Medication.form=剂型
Observation.code=项目代码 Observation.value[x]=结果值 Organization.name=机构名称 Organization.type=机构类型 Organization.partOf=上级机构
Patient.name=姓名 Patient.contact.name=联系人姓名 Patient.contact.relationship=与患者的关系 Patient.deceased[x]=死亡标志或时间 Patient.managingOrganization=建档机构
Practitioner.name=姓名 Procedure.code=手术操作代码 Procedure.outcome=手术操作结果 RelatedPerson.name=姓名 RelatedPerson.relationship=与患者的关系
ServiceRequest.code=医嘱项目 ServiceRequest.category=医嘱类别 Specimen.type=标本类型 Extension.value[x]=值 Extension.url=扩展的地址`

/** Slices and parts of extensions, by their names. */
const BY_SLICE = `
acct_mulaid_pay=个人账户共济支付 acct_pay=个人账户支出 act_pay_dedc=实际支付起付线 administration=管理信息 anaesthetist=麻醉医师 approval=国药准字
assistant1=Ⅰ助 assistant2=Ⅱ助 atc=ATC编码 attending=主治医师 basis=依据 board=伦理委员会 chief=主任医师或科主任 cnDoc=WS/T500文档代码 coder=编码员
complaint=主诉 consent=同意书 content=告知内容 course=诊疗经过 cvlserv_pay=公务员医疗补助 date=批准日期 diagnosis=诊断 diastolic=舒张压
document=告知同意文书 ehrNo=城乡居民健康档案编号 examination=体格检查 expiry=有效期至 familyHistory=家族史 fixmedins=定点医药机构编号 found=是否发现
fulamt_ownpay_amt=全自费金额 fund_pay_sumamt=基金支付总额 group=团体 healthCard=居民健康卡号 hifdm_pay=伤残人员医疗保障基金 hifes_pay=企业补充医疗保险基金
hifmi_pay=大病保险基金 hifob_pay=大额医疗费用补助基金 hifp_pay=基本医疗保险统筹基金 hosp_part_amt=医院负担金额 icd10cn=ICD-10国家临床版
icd9cm3=ICD-9-CM-3 idCard=居民身份证号 imaging=影像检查 inscp_scp_amt=符合政策范围金额 lab=检验 laboratory=检验 licence=执业证书或许可证号
loinc=LOINC编码 maf_pay=医疗救助基金 mdtrtId=就诊ID medfee_sumamt=医疗费总额 model=同意方式 money=费用信息 nhsaDoctor=医保医师编号
nhsaDrug=医保药品代码 nhsaService=医保医疗服务项目代码 number=批件号 nurse=护士 operations=手术操作 opinion=意见 orders=医嘱 organization=机构
orgCode=机构代码（WS218） oth_pay=其他支出 other=其他检查 overlmt_selfpay=超限价自费 passport=护照号 pastIllness=既往史 pathology=病理 patient=患者
period=期间 permit=港澳台通行证号 place=就医地 plan=计划 planned=拟施操作 preselfpay_amt=先行自付金额 presentIllness=现病史 psnNo=医保人员编号
psn_cash_pay=个人现金支出 psn_part_amt=个人负担总金额 query=查询 resident=住院医师 risk=风险 setlId=结算ID ssc=社会保障卡号 successful=成功次数
surgeon=术者 systolic=收缩压 tcm=中医病证代码 time=时间 told=报告时间 total=总次数 transfusions=输血史 uid=DICOM检查实例号 unit=监护室
uscc=统一社会信用代码 vitalSigns=生命体征 waiver=免除同意 ypid=药品统一编码（YPID）`

const table = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text
      .trim()
      .split(/\s+/)
      .map((pair) => pair.split('=') as [string, string]),
  )

const names = table(BY_NAME)
const paths = table(BY_PATH)
const slices = table(BY_SLICE)

/** @param path of the element in its type; undefined where no Chinese is known: the root, whose name is the title of the page */
export function elementName(path: string, slice?: string): string | undefined {
  if (slice !== undefined && slices.has(slice)) return slices.get(slice)
  return paths.get(path) ?? names.get(path.slice(path.lastIndexOf('.') + 1))
}
