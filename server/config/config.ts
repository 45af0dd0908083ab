/** The configuration in force: environment and file together, checked once at the start, immutable afterwards. */
import { fileURLToPath } from 'node:url'
import { crossCheck, type KnownRules } from './cross-checks.ts'
import { type Environment, readEnvironment, type Variables } from './environment.ts'
import {
  type ConfigFile,
  type FileClient,
  type FileIssuer,
  type FileJwk,
  type FileMllp,
  type FileMllpSender,
  type FileOrganization,
  type FileSource,
  parseConfig,
  readConfigFile,
} from './file.ts'
import { DATA_FORMS, type DataForm, type Party } from './party.ts'
import { ConfigError, type Problem } from './problem.ts'
import { JWS_ALGORITHMS } from './schema.ts'
import { parseScopes, type Scope } from './scope.ts'

export { ConfigError } from './problem.ts'
export type { Environment } from './environment.ts'

export interface Config extends Environment {
  /** the file read; the demonstration configuration when YILIAN_CONFIG names none */
  file: string
  /** true: nobody configured anything, the demonstration configuration is in force */
  demonstration: boolean
  organizations: readonly Organization[]
  clients: readonly Client[]
  sources: readonly Source[]
  mllp: readonly MllpSite[]
  drops: readonly DropSite[]
  /** profiles that every resource of a type has to meet, whatever it claims */
  profiles: ReadonlyMap<string, readonly string[]>
  policy: SitePolicy
  issuers: readonly Issuer[]
  /** origins from which keys may be fetched: listed ones and those of the issuers */
  jwksOrigins: readonly string[]
  /** origins that may also be plain http or resolve to private addresses */
  privateOrigins: readonly string[]
}

export interface OrganizationIdentifier {
  system: string
  value: string
}

/** Becomes an Organization resource with this id; custodian of what its sources send and its clients write. */
export interface Organization {
  id: string
  kind: string
  name: string
  /** `identifier` first, then the further ones */
  identifiers: readonly OrganizationIdentifier[]
  /** administrative level of a hospital */
  level?: string
}

export interface Client {
  clientId: string
  /** shown to people; the client id when the file gives none */
  name: string
  party: Party
  /** '' when it has none */
  organization: string
  /** '' when it has none */
  role: string
  /** the first is what a token request without `purpose_of_use` gets */
  purposes: readonly string[]
  /** the most that it may ask for */
  scopes: readonly Scope[]
  /** the first is what a token request without `data_form` gets */
  forms: readonly DataForm[]
  /** ResearchStudy ids that it may name; absent: any (the study itself says who may take part) */
  studies?: readonly string[]
  /** may name the user (and patient context) that it acts for */
  vouchUsers: boolean
  /** beginning of the ids under which it may create by PUT; nobody else's ids begin so */
  createIds?: string
  /** addresses to which its Subscriptions may send; with `/*` at the end all below */
  subscriptionEndpoints: readonly string[]
  /** outside mainland China */
  foreign: boolean
  keys: ClientKeys
}

export type ClientKeys =
  | { kind: 'inline'; keys: readonly FileJwk[] }
  | { kind: 'remote'; uri: string }
  | { kind: 'demo' }
  | { kind: 'none' }

/** A registered sender of payloads (`POST /ingest/{id}`). */
export interface Source {
  id: string
  kind: 'hospital' | 'miis' | 'rhip'
  mapping: string
  organization: string
  /** the client that may send for it */
  client: string
  charset: string
  /** zone of its times; DEFAULT_TIMEZONE when the file gives none */
  timezone: string
  /** institution code as the source sends it to organisation id */
  organizationCodes: ReadonlyMap<string, string>
  /** what it sends is collected by law: a patient's refusal of collection does not stop it */
  statutory: boolean
  /** hours without a payload after which its silence is told; absent: it may be silent */
  silentAfterHours?: number
  /** what of the errors in it refuses a record; what does not is stored with its issues */
  validation: SourceValidation
}

/** Rules by the code of their issues, by their key or by the profile that says them. */
export interface SourceValidation {
  /** every error refuses, but for what `pass` names; else none, but for what `refuse` names */
  strict: boolean
  refuse: ReadonlySet<string>
  pass: ReadonlySet<string>
}

/** A port at which HL7 v2 messages are taken over MLLP. */
export interface MllpSite {
  host: string
  port: number
  /** PEM files; with `ca` clients need a certificate */
  tls?: { cert: string; key: string; ca?: string }
  /** a connection on which nothing comes for so long is closed */
  idleSeconds: number
  /** the first that fits says whom a message stands for */
  senders: readonly FileMllpSender[]
}

/** A folder in which files for a source arrive. */
export interface DropSite {
  source: string
  directory: string
  /** when a file is whole: nobody writes to it any more, it has its last name, or a file beside it says so */
  ready: 'stable' | 'rename' | 'marker'
  marker: string
  stableSeconds: number
  pollSeconds: number
  /** how long an index waits for the files that it lists, and a file for its index */
  waitSeconds: number
}

export interface SitePolicy {
  /** other hospitals may read for treatment unless the patient objects */
  crossHospitalTreat: boolean
  /** research in pseudonymised form is permitted unless the patient objects */
  researchPseudonymisedByDefault: boolean
  /** an ethics committee's waiver permits pseudonymised research unless the patient objects */
  ethicsWaiver: boolean
  /** emergency treatment needs a treating relation too */
  emergencyNeedsTreating: boolean
  /** days after the end of an encounter in which its staff still treats the patient */
  treatingDays: number
  /** totals of searches */
  totals: 'accurate' | 'none'
  /** a deletion by criteria deletes one match, or all of them together */
  conditionalDelete: 'single' | 'multiple'
  /** records that are like each other are linked where much agrees, or a clerk is asked of all, or neither */
  linkByLikeness: 'automatic' | 'review' | 'off'
  /** bits from which on they are linked, and from which on a clerk is asked; absent: those of the table of weights */
  linkThreshold?: number
  linkReviewThreshold?: number
  /** terminologists see the codes that the sources of all organisations sent */
  sharedCodeLists: boolean
  /** of another organisation only those that came so often at least */
  sharedCodeListsMin: number
  /** how often a notification is tried before it becomes a dead letter */
  subscriptionAttempts: number
  /** before the second attempt; before each further one twice as long, up to a quarter of an hour */
  subscriptionRetrySeconds: number
}

/** An external authorization server whose tokens are accepted. */
export interface Issuer {
  issuer: string
  jwksUri: string
  audience: string
  algorithms: readonly string[]
  /** clients for which it may issue tokens; absent: all but operators */
  clients?: readonly string[]
  maxLifetimeSeconds: number
}

export interface LoadOptions {
  /** ids of the mappings that this server has; absent: sources are not checked against them */
  mappings?: readonly string[]
  /** what the validator knows; absent: rules and profiles are not checked against it */
  validation?: KnownRules
}

export const DEMO_CONFIG_FILE = fileURLToPath(new URL('../../config/demo.yaml', import.meta.url))

export const DEFAULT_SITE_POLICY: SitePolicy = {
  crossHospitalTreat: true,
  researchPseudonymisedByDefault: false,
  ethicsWaiver: true,
  emergencyNeedsTreating: true,
  treatingDays: 30,
  totals: 'accurate',
  conditionalDelete: 'single',
  linkByLikeness: 'automatic',
  sharedCodeLists: false,
  sharedCodeListsMin: 10,
  subscriptionAttempts: 8,
  subscriptionRetrySeconds: 2,
}

const TOKEN_LIFETIME_SECONDS = 3600

/**
 * The configuration of this process.
 * @throws ConfigError that lists every problem found, with its key and what was expected
 */
export function loadConfig(variables: Variables, options: LoadOptions = {}): Config {
  const problems: Problem[] = []
  const environment = readEnvironment(variables, problems)
  const path = environment.configFile ?? DEMO_CONFIG_FILE
  if (environment.configFile === undefined && environment.production) {
    problems.push({ at: 'YILIAN_CONFIG', zh: 'NODE_ENV=production 时必须指定', en: 'is required when NODE_ENV is production' })
  }
  const read = readConfigFile(path, problems)
  if (read) crossCheck(read, { ...options, production: environment.production && environment.configFile !== undefined }, problems)
  if (!read || problems.length > 0) throw new ConfigError(problems, environment.configFile)
  return assemble(environment, path, read.file)
}

/** The parts of a configuration text alone, checked likewise; for tools that have no environment. @throws ConfigError */
export function configFrom(text: string, variables: Variables, options: LoadOptions = {}): Config {
  const problems: Problem[] = []
  const environment = readEnvironment(variables, problems)
  const read = parseConfig(text, problems)
  if (read) crossCheck(read, { ...options, production: environment.production }, problems)
  if (!read || problems.length > 0) throw new ConfigError(problems)
  return { ...assemble(environment, '', read.file), demonstration: false }
}

function assemble(environment: Environment, path: string, file: ConfigFile): Config {
  const issuers = (file.issuers ?? []).map(issuerOf)
  const privateOrigins = file.privateOrigins ?? []
  return {
    ...environment,
    file: path,
    demonstration: environment.configFile === undefined,
    organizations: (file.organizations ?? []).map(organizationOf),
    clients: (file.clients ?? []).map(clientOf),
    sources: (file.sources ?? []).map((source) => sourceOf(source, environment.timezone)),
    mllp: (file.mllp ?? []).map(mllpOf),
    drops: (file.drops ?? []).map((drop) => ({
      ready: 'stable',
      marker: '.done',
      stableSeconds: 60,
      pollSeconds: 10,
      waitSeconds: 900,
      ...drop,
    })),
    profiles: new Map(Object.entries(file.profiles ?? {})),
    policy: { ...DEFAULT_SITE_POLICY, ...file.policy },
    issuers,
    jwksOrigins: [...new Set([...(file.jwksOrigins ?? []), ...privateOrigins, ...issuers.map(({ jwksUri }) => new URL(jwksUri).origin)])],
    privateOrigins,
  }
}

function organizationOf(file: FileOrganization): Organization {
  return {
    id: file.id,
    kind: file.kind,
    name: file.name,
    identifiers: [...(file.identifier ? [file.identifier] : []), ...(file.identifiers ?? [])],
    ...(file.level === undefined ? {} : { level: file.level }),
  }
}

/** Parties that see de-identified data unless they ask, and may ask, for more. */
const DEIDENTIFIED_FIRST: ReadonlySet<Party> = new Set(['researcher', 'pharma', 'ha'])

function clientOf(file: FileClient): Client {
  const parsed = parseScopes(file.scopes, { oneContext: false })
  if (!parsed.ok) throw new Error('scopes are checked before')
  const forms: readonly DataForm[] = file.forms ?? (DEIDENTIFIED_FIRST.has(file.party) ? ['PSEUD', 'ANON', 'IDENT'] : DATA_FORMS)
  return {
    clientId: file.client_id,
    name: file.name ?? file.client_id,
    party: file.party,
    organization: file.organization ?? '',
    role: file.role ?? '',
    purposes: file.purposes,
    scopes: parsed.scopes,
    forms,
    ...(file.studies === undefined ? {} : { studies: file.studies }),
    vouchUsers: file.vouchUsers ?? false,
    ...(file.createIds === undefined ? {} : { createIds: file.createIds }),
    subscriptionEndpoints: file.subscriptionEndpoints ?? [],
    foreign: file.foreign ?? false,
    keys: keysOf(file),
  }
}

function keysOf(file: FileClient): ClientKeys {
  if (file.jwks) return { kind: 'inline', keys: file.jwks.keys }
  if (file.jwks_uri !== undefined) return { kind: 'remote', uri: file.jwks_uri }
  return file.demoKey ? { kind: 'demo' } : { kind: 'none' }
}

function sourceOf(file: FileSource, timezone: string): Source {
  return {
    id: file.id,
    kind: file.kind,
    mapping: file.mapping,
    organization: file.organization,
    client: file.client,
    charset: file.charset ?? 'auto',
    timezone: file.timezone ?? timezone,
    organizationCodes: new Map(Object.entries(file.organizationCodes ?? {})),
    statutory: file.collection === 'statutory',
    ...(file.silentAfterHours === undefined ? {} : { silentAfterHours: file.silentAfterHours }),
    validation: {
      strict: file.validation?.mode === 'strict',
      refuse: new Set(file.validation?.refuse),
      pass: new Set(file.validation?.pass),
    },
  }
}

const MLLP_IDLE_SECONDS = 3600

function mllpOf({ host = '127.0.0.1', idleSeconds = MLLP_IDLE_SECONDS, ...file }: FileMllp): MllpSite {
  return { ...file, host, idleSeconds }
}

function issuerOf(file: FileIssuer): Issuer {
  return {
    issuer: file.issuer,
    jwksUri: file.jwks_uri,
    audience: file.audience,
    algorithms: file.algorithms ?? JWS_ALGORITHMS,
    ...(file.clients === undefined ? {} : { clients: file.clients }),
    maxLifetimeSeconds: file.maxLifetimeSeconds ?? TOKEN_LIFETIME_SECONDS,
  }
}
