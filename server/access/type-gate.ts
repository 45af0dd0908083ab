/** What the type of a resource alone decides, before any consent is asked (access.md L42, L43; consent.md 3.4). Pure. */
import { isClinicalType } from './content.ts'
import type { Verdict } from './decision-result.ts'
import type { Question } from './question.ts'
import type { ResourceClass } from './resource-class.ts'
import { SUBSCRIPTION } from './subscriber.ts'

const permit = (reason: string): Verdict => ({ decision: 'permit', reason, obligations: [] })
const deny = (reason: string): Verdict => ({ decision: 'deny', reason, obligations: [] })

/** What an operator needs for upkeep although it is about patients: accounts of uses, consents, subscriptions, tasks. */
const MAINTENANCE = new Set(['AuditEvent', 'Consent', 'Subscription'])

const isHospitalOwn = ({ asker, custodian }: Question): boolean => asker.party === 'hospital' && custodian === 'own'

/** undefined: the persons' rules decide. */
export function typeGate(resource: ResourceClass, question: Question): Verdict | undefined {
  const { asker } = question
  const isUnknown = resource.subjects.some(({ kind }) => kind === 'unknown')
  if (asker.party === 'operator') return operatorGate(resource, isUnknown)
  if (asker.purpose === 'BTG' && !isForBreakGlass(resource)) return deny('btg-not-clinical')
  if (resource.type === 'AuditEvent') return auditGate(resource, question)
  // Its own here is the client's own (compiled-decision.ts): what it names is its own words, and no patient's data.
  if (resource.type === SUBSCRIPTION) return question.custodian === 'own' ? permit('subscriber') : deny('other-subscriber')
  if (resource.type === 'Group') return groupGate(question)
  if (resource.subjects.length === 0) return permit('about-nobody')
  // No release is anonymous before an audit of it exists.
  if (asker.form === 'ANON' && asker.privacyAudit !== 'pass') return deny('privacy-audit-missing')
  if (isUnknown) return isHospitalOwn(question) ? permit('custodian') : deny('patient-unknown')
  if (resource.type === 'Consent') return consentGate(question)
  if (resource.type === 'Provenance' && !MAY_SEE_PROVENANCE.has(asker.party)) return deny('provenance-not-disclosed')
  return undefined
}

/** Not even the own custodian's consents, groups and accounts: who needs these asks for another purpose (consent.md 3.4 step 9). */
function isForBreakGlass({ type, targets, subjects }: ResourceClass): boolean {
  const isAboutNobody = subjects.length === 0 && type !== 'Group' && type !== 'AuditEvent'
  return isAboutNobody || [type, ...targets].every(isClinicalType)
}

function operatorGate(resource: ResourceClass, isUnknown: boolean): Verdict {
  const maintained = resource.subjects.length === 0 || isUnknown || MAINTENANCE.has(resource.type)
  return maintained ? permit('maintenance') : deny('operator-no-patient-data')
}

/** The account of uses is the patient's own, and that of an auditor of the organisation whose uses they are. */
function auditGate(resource: ResourceClass, question: Question): Verdict {
  const { relation, asker } = question
  const isSomebodys = resource.subjects.length > 0
  if (isSomebodys && (relation.self || relation.ward === 'child')) return permit('own-account')
  if (isHospitalOwn(question) && asker.role === 'auditor') return permit('auditor')
  return deny('audit-not-disclosed')
}

/** A list of members tells who has what: only who made it reads it whole; others see a form without members. */
function groupGate(question: Question): Verdict {
  if (isHospitalOwn(question)) return permit('custodian')
  return question.asker.form === 'IDENT' ? deny('group-members') : permit('group-without-members')
}

/** A Consent may say by what it hides that there is something to hide. */
function consentGate(question: Question): Verdict | undefined {
  const { asker } = question
  if (asker.party === 'patient' || asker.party === 'guardian') return undefined
  if (asker.party !== 'hospital') return deny('consent-not-disclosed')
  if (isHospitalOwn(question)) return permit('custodian')
  return asker.purpose === 'TREAT' ? undefined : deny('consent-not-disclosed')
}

const MAY_SEE_PROVENANCE: ReadonlySet<string> = new Set(['patient', 'guardian', 'hospital'])
