/** Whose a record is: what a sender's numbers and names say of it, and why it is not linked. */
import { issue, type IssueDefinition } from './issue.ts'

export const LINK_ISSUES = {
  'patient-unknown': issue(422, 'required', '记录中没有可识别患者的号码', 'The record has no number by which its patient could be known'),
  'waiting-for-patient': issue(
    200,
    'incomplete',
    '患者尚未知晓，待其号码到达后入库',
    'The patient is not known yet; stored when the number arrives',
  ),
  'link-check-digit': issue(
    200,
    'value',
    '身份证号校验不通过，不用于关联',
    'The identity number has a wrong check digit and does not link',
  ),
  'link-placeholder': issue(200, 'value', '证件号为占位号码，不用于关联', 'The identity number is a placeholder and does not link'),
  'link-newborn': issue(200, 'business-rule', '新生儿使用母亲证件，不作为本人证件', 'A newborn under the mother’s number: not its own'),
  'link-number-of-many': issue(
    200,
    'business-rule',
    '该患者号下登记了多名患者，其档案不与任何人关联',
    'Several patients are registered under the patient number: its record is linked with nobody',
  ),
  'link-persons-differ': issue(
    409,
    'conflict',
    '该人员编号下登记了身份证号不同的多名患者，不予答复',
    'Patients with different identity numbers are registered under the person number: reports of neither are told of',
  ),
  'link-conflict': issue(
    200,
    'conflict',
    '同一证件号下信息矛盾，未关联，待人工处理',
    'Contradictions under one identity number: not linked, a task for a clerk',
  ),
  'other-person': issue(
    200,
    'conflict',
    '同一编号已用于另一患者，已保存但不显示，待人工处理',
    'The same number stands for another patient: kept, not shown, a task for a clerk',
  ),
  'other-person-before': issue(
    200,
    'conflict',
    '该文书编号此前属于另一患者：自此归本患者，另一患者的内容已保存但不显示，待人工处理',
    'The number was another patient’s document: it is this one’s from now on; what the other’s said is kept, not shown, a task for a clerk',
  ),
  'visit-numbers-contradict': issue(
    200,
    'conflict',
    '同一医保就诊编号先后对应本院不同的就诊流水号，以最新者为准',
    'One visit number of the insurance was said to be two of the hospital: the newest word counts',
  ),
  'link-numbers-disagree': issue(200, 'conflict', '患者号码指向不同档案', 'The patient numbers point to different records'),
  'link-birth-date': issue(200, 'value', '出生日期与身份证号不一致', 'The birth date disagrees with the identity number'),
  'link-gender': issue(200, 'value', '性别与身份证号不一致', 'The sex disagrees with the identity number'),
  'linking-task-unknown': issue(404, 'not-found', '没有这项待核对的关联', 'There is no such question about a link'),
  'linking-patient-unknown': issue(404, 'not-found', '没有该患者档案的关联', 'There are no links of such a Patient'),
  'linking-link-unknown': issue(404, 'not-found', '没有这项可解除的关联', 'There is no such link that could be undone'),
  'linking-user-missing': issue(
    403,
    'forbidden',
    '关联由具名人员判定：令牌须指明本服务器上有记录的医务人员（user=Practitioner/…）',
    'Links are decided by persons: the token has to name a Practitioner of this server (user=Practitioner/…)',
  ),
  'linking-settled': issue(409, 'conflict', '该项已有结果，请重新查看', 'This is settled already: look again'),
  'linking-merged': issue(
    409,
    'conflict',
    '其中一个档案此后又被合并，须先撤销该合并（$unmerge）',
    'One of the records was merged since: undo that first ($unmerge)',
  ),
} as const satisfies Record<string, IssueDefinition>
