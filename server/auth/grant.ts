/** What a client gets of what it asks for: one rule for tokens that are issued here and for those that are presented. */
import type { Client } from '../config/config.ts'
import { DATA_FORMS, type DataForm } from '../config/party.ts'
import { intersectScopes, parseScopes, type Scope, type ScopeProblem } from '../config/scope.ts'
import { isId } from '../fhir/ids.ts'
import { AUTH_LIMITS } from './limits.ts'

/** As asked, all text from the wire. */
export interface Asked {
  scope?: string
  purpose?: string
  form?: string
  study?: string
  reason?: string
  patient?: string
  user?: string
}

export interface Grant {
  scopes: Scope[]
  purpose: string
  form: DataForm
  study?: string
  reason?: string
  patient?: string
  /** `Practitioner/x`, `RelatedPerson/x` or `Patient/x` */
  user?: string
}

/** `error` is an OAuth error code (RFC 6749, 5.2); `why` names a parameter and the rule, never a value. */
export type GrantResult = { ok: true; grant: Grant } | { ok: false; error: 'invalid_request' | 'invalid_scope'; why: string }

/** Who says so: the client itself (token request), or an issuer that has authenticated the user (claims of a token). */
export type Voucher = 'client' | 'issuer'

type Step<T> = { ok: true; value: T } | { ok: false; why: string }
const fine = <T>(value: T): Step<T> => ({ ok: true, value })
const refused = (why: string): { ok: false; why: string } => ({ ok: false, why })

/** Checks every part against the registration; the first that does not fit refuses the whole. */
export function grant(client: Client, asked: Asked, voucher: Voucher): GrantResult {
  const purpose = purposeOf(client, asked.purpose)
  if (!purpose.ok) return { ...purpose, error: 'invalid_request' }
  const form = formOf(client, asked.form)
  if (!form.ok) return { ...form, error: 'invalid_request' }
  const study = studyOf(client, asked.study)
  if (!study.ok) return { ...study, error: 'invalid_request' }
  const reason = reasonOf(purpose.value, asked.reason)
  if (!reason.ok) return { ...reason, error: 'invalid_request' }
  const persons = personsOf(client, asked, voucher)
  if (!persons.ok) return { ...persons, error: 'invalid_request' }
  const scopes = scopesOf(client, asked.scope, persons.value)
  if (!scopes.ok) return { ...scopes, error: 'invalid_scope' }
  return {
    ok: true,
    grant: {
      scopes: scopes.value,
      purpose: purpose.value,
      form: form.value,
      ...(study.value === undefined ? {} : { study: study.value }),
      ...(reason.value === undefined ? {} : { reason: reason.value }),
      ...persons.value,
    },
  }
}

function purposeOf(client: Client, asked: string | undefined): Step<string> {
  const purpose = asked ?? client.purposes[0]
  if (purpose === undefined || !client.purposes.includes(purpose)) return refused('purpose_of_use: not registered for this client')
  return fine(purpose)
}

function formOf(client: Client, asked: string | undefined): Step<DataForm> {
  const form = asked === undefined ? client.forms[0] : DATA_FORMS.find((known) => known === asked)
  if (form === undefined || !client.forms.includes(form)) return refused('data_form: not registered for this client')
  return fine(form)
}

function studyOf(client: Client, asked: string | undefined): Step<string | undefined> {
  if (asked === undefined) return fine(undefined)
  const id = asked.startsWith('ResearchStudy/') ? asked.slice('ResearchStudy/'.length) : asked
  if (!isId(id)) return refused('research_study: not an id')
  if (client.studies && !client.studies.includes(id)) return refused('research_study: not registered for this client')
  return fine(id)
}

function reasonOf(purpose: string, asked: string | undefined): Step<string | undefined> {
  const reason = asked?.trim()
  if (purpose !== 'BTG') return reason === undefined ? fine(undefined) : refused('break_glass_reason: only with purpose_of_use BTG')
  if (reason === undefined || !/[\p{L}\p{N}]/u.test(reason)) return refused('break_glass_reason: required with purpose_of_use BTG')
  if (reason.length > AUTH_LIMITS.reasonChars) return refused('break_glass_reason: too long')
  return fine(reason)
}

interface Persons {
  patient?: string
  user?: string
}

/**
 * Parties that act for one person: their tokens always say for whom. Only they get `patient/` scopes: their relation confines them to that
 * person's record. Nothing confines a hospital's token to its patient context, so a scope that promises it is refused.
 */
const PERSONAL: ReadonlySet<string> = new Set(['patient', 'guardian', 'relative'])
const USER_TYPES = new Set(['Practitioner', 'RelatedPerson', 'Patient'])
const USER_TYPE_OF_PARTY: Readonly<Record<string, string>> = { patient: 'Patient', guardian: 'RelatedPerson', relative: 'RelatedPerson' }

function personsOf(client: Client, asked: Asked, voucher: Voucher): Step<Persons> {
  const personal = PERSONAL.has(client.party)
  const vouches = voucher === 'issuer' || client.vouchUsers
  if (asked.user !== undefined && !vouches) return refused('user: this client is not registered to vouch for users')
  if (asked.patient !== undefined && !vouches && !personal) return refused('patient: not permitted for this client')
  const patient = idOf(asked.patient, 'Patient')
  if (!patient.ok) return refused('patient: not an id')
  const user = userOf(asked.user, USER_TYPE_OF_PARTY[client.party] ?? 'Practitioner')
  if (!user.ok) return user
  if (client.party === 'patient') return patientHimself(patient.value, user.value)
  if (personal && patient.value === undefined && user.value === undefined) return refused('patient or user: required for this client')
  return fine({
    ...(patient.value === undefined ? {} : { patient: patient.value }),
    ...(user.value === undefined ? {} : { user: user.value }),
  })
}

/** A patient's app acts for the patient and as the patient; two persons in one token would be somebody else's record. */
function patientHimself(patient: string | undefined, user: string | undefined): Step<Persons> {
  if (patient === undefined) return refused('patient: required for this client')
  if (user !== undefined && user !== `Patient/${patient}`) return refused('user: must be the patient')
  return fine({ patient, user: `Patient/${patient}` })
}

function idOf(text: string | undefined, type: string): Step<string | undefined> {
  if (text === undefined) return fine(undefined)
  const id = text.startsWith(`${type}/`) ? text.slice(type.length + 1) : text
  return isId(id) ? fine(id) : refused('not an id')
}

function userOf(text: string | undefined, defaultType: string): Step<string | undefined> {
  if (text === undefined) return fine(undefined)
  const slash = text.indexOf('/')
  const type = slash < 0 ? defaultType : text.slice(0, slash)
  const id = slash < 0 ? text : text.slice(slash + 1)
  if (!USER_TYPES.has(type) || !isId(id)) return refused('user: must be the id of a Practitioner, RelatedPerson or Patient')
  return fine(`${type}/${id}`)
}

const SCOPE_WHY: Readonly<Record<ScopeProblem, string>> = {
  grammar: 'scope: not SMART v2',
  constrained: 'scope: constraints (?) are not supported',
  'mixed-versions': 'scope: SMART v1 and v2 must not be mixed',
  'mixed-contexts': 'scope: patient, user and system must not be mixed',
  'too-long': 'scope: too long',
  empty: 'scope: none that names data',
}

function scopesOf(client: Client, asked: string | undefined, persons: Persons): Step<Scope[]> {
  let scopes: Scope[]
  if (asked === undefined) scopes = defaultScopes(client, persons)
  else {
    const parsed = parseScopes(asked, { oneContext: true })
    if (!parsed.ok) return refused(SCOPE_WHY[parsed.problem])
    scopes = intersectScopes(parsed.scopes, client.scopes)
  }
  const level = scopes[0]?.level
  if (level === undefined) return refused('scope: nothing of it is registered for this client')
  if (level === 'patient' && !PERSONAL.has(client.party)) return refused('scope: patient scopes are not supported for this party')
  if (level === 'patient' && persons.patient === undefined) return refused('scope: patient scopes need a patient')
  if (level === 'user' && persons.user === undefined) return refused('scope: user scopes need a user')
  return fine(scopes)
}

/** Without a scope parameter: everything registered of one level, the first whose context is there. */
function defaultScopes(client: Client, persons: Persons): Scope[] {
  const of = (level: Scope['level']) => client.scopes.filter((scope) => scope.level === level)
  if (PERSONAL.has(client.party) && persons.patient !== undefined && of('patient').length > 0) return of('patient')
  if (persons.user !== undefined && of('user').length > 0) return of('user')
  return of('system')
}
