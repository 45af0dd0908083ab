/**
 * One use in the form in which it is kept: facts, a sixth of the size of the AuditEvent that they are rendered to when somebody
 * reads it. Every read writes one, so its size is a good part of what the account of uses costs.
 */

/** Who asked, as far as the account tells. */
export interface AuditedActor {
  clientId: string
  party: string
  role: string
  /** '' when there is none */
  organization: string
  purpose: string
  form: string
  /** `Practitioner/x` and the like */
  user?: string
  study?: string
  breakGlassReason?: string
}

export interface AuditFacts {
  id: string
  /** milliseconds since the epoch */
  at: number
  /** name of the server process, the observer */
  node: string
  /** http://hl7.org/fhir/restful-interaction, or the name of an operation */
  interaction: string
  action: string
  outcome: string
  reason: string
  /** absent: the server's own work */
  actor?: AuditedActor
  /** Patient ids */
  patients: readonly string[]
  /** `Type/id` of what is named one by one, without those patients */
  resources: readonly string[]
  /** `id` or `id/_history/v` of consents */
  consents: readonly string[]
  /** number of resources, where it says more than the names */
  count?: number
  /** type that was searched */
  type?: string
  /** query text that names nobody */
  query?: string
}

/** Names of the kept form, short since every entry has them. */
interface Packed {
  id: string
  at: number
  d: string
  i: string
  a: string
  o: string
  r: string
  c?: (string | null)[]
  p?: readonly string[]
  x?: string[]
  k?: readonly string[]
  n?: number
  t?: string
  q?: string
}

/** UTF-8 bytes; what they say is fixed by the chain's hash, the id and the time too. */
export function packFacts(facts: AuditFacts): Uint8Array {
  const { id, at, node, interaction, action, outcome, reason, actor, patients, resources, consents, count, type, query } = facts
  const packed: Packed = { id, at, d: node, i: interaction, a: action, o: outcome, r: reason }
  if (actor) packed.c = packActor(actor)
  if (patients.length > 0) packed.p = patients
  if (resources.length > 0) packed.x = type === undefined ? [...resources] : resources.map((name) => shortened(name, type))
  if (consents.length > 0) packed.k = consents
  if (count !== undefined) packed.n = count
  if (type !== undefined) packed.t = type
  if (query !== undefined) packed.q = query
  return Buffer.from(JSON.stringify(packed))
}

export function unpackFacts(bytes: Uint8Array): AuditFacts {
  const packed = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')) as Packed
  return {
    id: packed.id,
    at: packed.at,
    node: packed.d,
    interaction: packed.i,
    action: packed.a,
    outcome: packed.o,
    reason: packed.r,
    patients: packed.p ?? [],
    resources: (packed.x ?? []).map((name) => (name.startsWith('/') ? `${packed.t}${name}` : name)),
    consents: packed.k ?? [],
    ...(packed.c ? { actor: unpackActor(packed.c) } : {}),
    ...(packed.n === undefined ? {} : { count: packed.n }),
    ...(packed.t === undefined ? {} : { type: packed.t }),
    ...(packed.q === undefined ? {} : { query: packed.q }),
  }
}

/** Most names are of the type that was asked for: `/id` is enough. */
const shortened = (name: string, type: string): string =>
  name.startsWith(type) && name[type.length] === '/' ? name.slice(type.length) : name

function packActor({ clientId, party, role, organization, purpose, form, user, study, breakGlassReason }: AuditedActor): (string | null)[] {
  const always = [clientId, party, role, organization, purpose, form]
  if (breakGlassReason !== undefined) return [...always, user ?? null, study ?? null, breakGlassReason]
  if (study !== undefined) return [...always, user ?? null, study]
  return user === undefined ? always : [...always, user]
}

function unpackActor(packed: readonly (string | null)[]): AuditedActor {
  const [clientId, party, role, organization, purpose, form, user, study, breakGlassReason] = packed
  return {
    clientId: clientId ?? '',
    party: party ?? '',
    role: role ?? '',
    organization: organization ?? '',
    purpose: purpose ?? '',
    form: form ?? '',
    ...(user == null ? {} : { user }),
    ...(study == null ? {} : { study }),
    ...(breakGlassReason == null ? {} : { breakGlassReason }),
  }
}
