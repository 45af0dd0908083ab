/** Wiring: every part is made here, once, from the configuration; nothing else knows them all. */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { hostname } from 'node:os'
import { Registry } from 'prom-client'
import { createAccess } from './access/access.ts'
import { systemDecision } from './access/decision.ts'
import { createAudit } from './audit/audit.ts'
import { startAuditRecovery } from './audit/recovery.ts'
import { authRouter } from './auth/auth-router.ts'
import { createAuthenticator } from './auth/authenticator.ts'
import { openAuth } from './auth/parts.ts'
import { createBoundCodes } from './bound-codes/bound-codes.ts'
import { createCodeMapping } from './code-mapping/code-mapping.ts'
import { codeMappingRouter } from './code-mapping/router.ts'
import type { Config, SitePolicy } from './config/config.ts'
import { createBars } from './expunge/bars.ts'
import { createExpunging } from './expunge/expunging.ts'
import { expungeTables } from './expunge/tables.ts'
import type { Expunging } from './expunge/types.ts'
import { answerBrokenRequests } from './http/broken-requests.ts'
import { createApp } from './http/app.ts'
import { SECURITY_HEADERS } from './http/security-headers.ts'
import { createGuide } from './guide/guide.ts'
import { createIndexDefinitions } from './indexing/definitions.ts'
import { createIndexing } from './indexing/indexing.ts'
import { indexingTables } from './indexing/tables.ts'
import { ingestAudit } from './ingest/audit.ts'
import { siteFormats } from './ingest/dialects.ts'
import { wholeTables } from './ingest/doubts.ts'
import { DROP_FILES, startDrops } from './ingest/drop/drops.ts'
import { registeredDrops } from './ingest/drop/registered.ts'
import { createIngest } from './ingest/ingest.ts'
import { createReplayJobs, REPLAY_JOBS, type ReplayJobDoc } from './ingest/inbox/replay-jobs.ts'
import { type Mllp, startMllp } from './ingest/mllp/listener.ts'
import { mllpMetrics } from './ingest/mllp/metrics.ts'
import { registeredListeners } from './ingest/mllp/registered.ts'
import { createQuality, qualityTables } from './ingest/quality.ts'
import { ingestRouter } from './ingest/router.ts'
import { createSilence } from './ingest/silence.ts'
import { silenceGauge } from './ingest/silence-metrics.ts'
import type { SilenceDoc } from './ingest/types.ts'
import { parseResource } from './fhir/resource-text.ts'
import { zoneOf } from './fhir/zone.ts'
import type { Thresholds } from './ingest/likely/thresholds.ts'
import { WEIGHTS } from './ingest/likely/weights.ts'
import { createLinking } from './linking/linking.ts'
import { linkingRouter } from './linking/router.ts'
import { createMerging } from './merging/merging.ts'
import { prepareClosureTable } from './operations/terminology/closure-table.ts'
import { prepareMessageTable } from './operations/message/tables.ts'
import { prepareAsyncTables } from './interactions/async-jobs.ts'
import { stopAsync } from './interactions/async-run.ts'
import { createPageTokens } from './interactions/page-token.ts'
import type { FhirDeps } from './interactions/types.ts'
import type { Log } from './log.ts'
import { prepareExportTables } from './operations/export/job.ts'
import { failureFacts } from './operations/export/failing.ts'
import { resumeExports } from './operations/export/run.ts'
import { institutionsOf } from './recognition/institutions.ts'
import { recognise } from './recognition/recognition.ts'
import { writeOrganizations } from './organizations.ts'
import { FHIR_JSON, renderOutcome } from './outcome/render.ts'
import { indexEntryOf } from './search/index-entry.ts'
import { createSearch } from './search/search.ts'
import { openSecret } from './secret.ts'
import { createSubscriptions } from './subscriptions/service.ts'
import { startMongod } from './store/mongod/start.ts'
import { createStore } from './store/store.ts'
import type { Store } from './store/types.ts'
import { createLoads } from './terminology-kept/jobs.ts'
import { createKept } from './terminology-kept/kept.ts'
import { keptTables, prepareKeptTables } from './terminology-kept/tables.ts'
import { shippedDefinitions } from './terminology-service/shipped.ts'
import { createTerminology } from './terminology-service/terminology.ts'
import { createValidator } from './validation/validator.ts'
import { createWriter } from './writer/writer.ts'

export interface Running {
  /** where it listens, e.g. http://127.0.0.1:8080 */
  url: string
  store: Store
  fhir: FhirDeps
  /** ports of the MLLP listeners, in the order of the configuration */
  mllpPorts: Mllp['ports']
  /** finishes what is under way, then stops everything, the embedded mongod last */
  stop(): Promise<void>
}

const EXPORT_RESUME_MS = 15_000
const STOP_MS_MAX = 10_000

export async function startServer(config: Config, log: Log, environment: NodeJS.ProcessEnv = process.env): Promise<Running> {
  const mongod = config.mongodbUri === undefined ? await startMongod({ dataDir: config.dataDir, log }) : undefined
  try {
    return await startOn(config, log, config.mongodbUri ?? mongod?.uri ?? '', environment, async () => mongod?.stop())
  } catch (error) {
    await mongod?.stop()
    throw error
  }
}

async function startOn(
  config: Config,
  log: Log,
  uri: string,
  environment: NodeJS.ProcessEnv,
  release: () => Promise<void>,
): Promise<Running> {
  const now = () => new Date()
  const store = await createStore({ uri, database: config.mongodbDatabase, log, now })
  const secret = await openSecret(store, environment.YILIAN_SECRET)
  // The port may be 0: the address is known once the socket is bound, and everything that names it is made afterwards.
  const server = createServer({ shouldUpgradeCallback: asksForSocket })
  answerBrokenRequests(server)
  // Until everything stands, whoever asks is told to come again rather than left without an answer.
  server.on('request', notYet)
  const url = await listen(server, config)
  const publicUrl = environment.PUBLIC_URL ? config.publicUrl : url
  const known: Config = { ...config, publicUrl }
  const terminology = createTerminology()
  const search = createSearch({ timezone: config.timezone, publicUrl, codeSets: terminology })
  const shippedOnes = shippedDefinitions(() => terminology.tables())
  const kept = createKept(keptTables(store), config.mongodbDatabase)
  const validator = createValidator({
    stored: createBoundCodes({ store, search, shipped: shippedOnes, kept, now }),
    demanded: config.profiles,
    timezone: config.timezone,
  })
  const indexed = {
    store,
    search,
    tables: indexingTables(store),
    log: (event: string, facts: object) => log.warn(facts, event),
  }
  const definitions = createIndexDefinitions(indexed)
  const { whileIndexing } = definitions
  const audit = createAudit({ store, now, node: hostname(), queryKey: secret.for('audited queries') })
  const access = await createAccess({
    store,
    firstRefusalEntry: (acc) => audit.record({ interaction: 'first-refusal', action: 'E', outcome: '0', reason: 'first-refusal', acc }),
    policy: config.policy,
    organizations: config.organizations,
    secret: secret.for('pseudonyms'),
    timezone: config.timezone,
    ownBase: `${publicUrl}/fhir`,
    now,
    indexOf: (resource, text) => indexEntryOf(search, { resource, decimals: parseResource(text).decimals }),
    whileIndexing,
    log,
  })
  const writer = createWriter({ store, search, access, whileIndexing })
  const indexing = await createIndexing({ ...indexed, access, definitions, now })
  const registry = new Registry()
  const { mapping } = siteFormats(environment)
  const ingest = createIngest({
    store,
    writer,
    now,
    decision: systemDecision('ingest'),
    secret: secret.for('resource ids'),
    sources: config.sources,
    organizations: config.organizations.map(({ id, identifiers }) => ({ id, codes: identifiers.map(({ value }) => value) })),
    mapping,
    translate: (map, code) => terminology.translate(map, code),
    lookup: wholeTables(() => terminology.tables().systems),
    validate: async (resource, decimals) =>
      (await validator.judge(resource, { mode: 'create', decimals })).map(({ kind, ...issue }) => ({
        ...issue,
        base: kind === 'structure',
      })),
    refresh: () => validator.refresh(),
    quality: createQuality({ ...qualityTables(store, systemDecision('quality')), writer, timezone: config.timezone, now }),
    silence: createSilence({
      table: store.table<SilenceDoc>(systemDecision('ingest'), 'source_silence'),
      sources: config.sources,
      now,
      log: (event, facts) => log.warn(facts, event),
      gauge: silenceGauge(registry),
    }),
    relink: (patient, from, to, mayGoOn) => access.relink(patient, from, to, mayGoOn),
    regrouped: (moved, mayGoOn) => access.regrouped({ moved }, mayGoOn),
    consented: (persons) => access.consented(persons),
    mayCollect: (ask) => access.mayCollect(ask),
    refusedUnder: (numbers, persons) => access.refusedUnder(numbers, persons),
    anybodyRefuses: () => access.anybodyRefuses(),
    personsOf: (patients) => access.personsOf(patients),
    likely: {
      thresholds: thresholdsOf(config.policy),
      consentsOf: (person) => access.consentsOf(person),
      beforeParting: (regroup) => access.beforeParting(regroup),
      afterFailedParting: (regroup) => access.afterFailedParting(regroup),
    },
    expunged: (names, numbers) => expunging.barsRecord(names, numbers),
    audit: ingestAudit(audit, access),
    log: (event, facts) => log.info(facts, event),
  })
  const replays = createReplayJobs(ingest, store.table<ReplayJobDoc>(systemDecision('ingest'), REPLAY_JOBS), (event, facts) =>
    log.warn(facts, event),
  )
  const removed = expungeTables(store)
  const expunging: Expunging = await createExpunging({
    store,
    audit,
    access,
    tables: removed,
    payloads: { ingest: ingest.deps, tables: ingest.tables },
    bars: createBars(removed.bars, secret.for('expunged')),
    now,
    log: (event, facts) => log.warn(facts, event),
  })
  const merging = createMerging({
    store,
    access,
    search,
    tables: ingest.tables,
    secret: ingest.deps.secret,
    now,
    log: (event, facts) => log.warn(facts, event),
  })
  const linking = createLinking({ store, access, audit, ingest: ingest.deps, tables: ingest.tables })
  const loads = createLoads(store, now, (event, facts) => log.warn(facts, event))
  const codeMapping = await createCodeMapping({
    store,
    search,
    writer,
    audit,
    access,
    ingest: ingest.tables,
    replay: (payload) => ingest.replay(payload),
    secret: ingest.deps.secret,
    sources: config.sources,
    shared: config.policy.sharedCodeLists,
    sharedMin: config.policy.sharedCodeListsMin,
    definitions: shippedOnes,
    kept,
    tables: () => terminology.tables(),
    now,
    log: (event, facts) => log.warn(facts, event),
  })
  const fhir: FhirDeps = {
    store,
    search,
    access,
    validator,
    writer,
    audit,
    indexing,
    expunging,
    merging,
    definitions: shippedOnes,
    loads,
    kept,
    zone: zoneOf(config.timezone),
    now,
    newId: randomUUID,
    pages: createPageTokens(secret.for('page links'), now),
    baseUrl: `${publicUrl}/fhir`,
    organizationOf: (source) => config.organizations.find(({ id }) => source === id || `/${source}`.endsWith(`/Organization/${id}`))?.id,
    totals: config.policy.totals,
    conditionalDelete: config.policy.conditionalDelete,
    patientWouldBe: (coming) => ingest.wouldLinkWritten({ ...coming, at: now() }),
    relativeIs: (relative) => ingest.relativeIs(relative),
    patientWritten: async (written) => {
      await ingest.linkWritten(written)
    },
  }
  const subscriptions = createSubscriptions({ fhir, config: known, log, owner: `${hostname()}-${randomUUID()}` })
  fhir.subscriptions = subscriptions
  const auth = await openAuth({ config: known, table: (name) => store.table(systemDecision('auth'), name), log })
  const authenticate = createAuthenticator(auth)
  await writeOrganizations(writer, config.organizations)
  await Promise.all([
    prepareExportTables(store),
    prepareAsyncTables(store),
    prepareMessageTable(store),
    prepareClosureTable(store),
    prepareKeptTables(keptTables(store)),
    loads.start(),
    ingest.start(),
    replays.start(),
  ])
  access.start()
  indexing.start()
  expunging.start()
  codeMapping.start()
  await subscriptions.start()
  const recovery = startAuditRecovery({ store, accOf: access.auditAcc, log: (event, facts) => log.warn(facts, event) })
  const notExported = (_kind: string, id: string | number, error: unknown) => {
    const { reason, text } = failureFacts(error)
    log.warn({ export: id, reason }, text)
  }
  const resume = setInterval(() => void resumeExports(fhir, notExported).catch(() => undefined), EXPORT_RESUME_MS)
  const mllp = await startMllp(registeredListeners(config), {
    ingest,
    metrics: mllpMetrics(registry),
    timezone: config.timezone,
    now,
    log: (event, facts) => log.info(facts, event),
  })
  const drops = startDrops(registeredDrops(config, mapping), {
    ingest,
    files: store.table(systemDecision('ingest'), DROP_FILES),
    now,
    log: (event, facts) => log.info(facts, event),
  })
  server.off('request', notYet)
  server.on(
    'request',
    createApp({
      fhir,
      authenticate,
      publicUrl,
      log,
      auth: authRouter(auth),
      ingest: ingestRouter({
        ingest,
        replays,
        zone: zoneOf(config.timezone),
        authenticate,
        base: '/ingest',
        recognise: (actor, question) => recognise({ fhir, ...institutionsOf(config) }, actor, question),
      }),
      guide: createGuide(() => terminology.tables()),
      codeMapping: codeMappingRouter({ mapping: codeMapping, authenticate }),
      linking: linkingRouter({ linking, access, authenticate }),
      health: {
        registry,
        checks: { database: () => store.ping(), access: () => access.ready(), audit: () => store.ping() },
        ...(environment.METRICS_TOKEN ? { metricsToken: environment.METRICS_TOKEN } : {}),
      },
    }),
  )
  server.on('upgrade', (request, socket, head) => void subscriptions.upgrade(request, socket, head, authenticate))
  return {
    url,
    store,
    fhir,
    mllpPorts: mllp.ports,
    async stop() {
      clearInterval(resume)
      await mllp.stop()
      await drops.stop()
      await recovery.stop()
      await subscriptions.stop()
      await closeServer(server)
      await stopAsync(store, STOP_MS_MAX)
      // At the same time: where the database is gone, each waits for it as long as it does while it works.
      await Promise.all([merging, replays, ingest, access, indexing, loads, expunging, codeMapping].map((part) => part.stop()))
      await store.close()
      await release()
    },
  }
}

/** What is never reached is never done: nothing is linked by likeness, or nothing even asked. */
function thresholdsOf({ linkByLikeness, linkThreshold, linkReviewThreshold }: SitePolicy): Thresholds {
  const { link, review } = WEIGHTS.thresholds
  const never = Number.POSITIVE_INFINITY
  return {
    link: linkByLikeness === 'automatic' ? (linkThreshold ?? link) : never,
    review: linkByLikeness === 'off' ? never : (linkReviewThreshold ?? review),
  }
}

/** Of other protocols (`h2c`, which some clients ask for by themselves) nothing is known: they are answered as any request. */
const asksForSocket = ({ headers }: IncomingMessage): boolean => headers.upgrade?.toLowerCase() === 'websocket'

function notYet(_request: IncomingMessage, response: ServerResponse): void {
  const body = JSON.stringify(renderOutcome([{ code: 'unavailable' }]))
  const headers = { ...Object.fromEntries(SECURITY_HEADERS), 'Retry-After': '1', 'Content-Type': FHIR_JSON }
  response.writeHead(503, headers).end(body)
}

function listen(server: Server, config: Config): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'EADDRINUSE' ? new Error(inUse(config.port)) : error))
    server.listen(config.port, config.host, () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : config.port
      resolve(`http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`)
    })
  })
}

const inUse = (port: number): string =>
  `端口 ${port} 已被占用，请先停止占用它的程序，或用 PORT 另选 / Port ${port} is in use: stop what uses it, or choose another by PORT`

/** No new requests; those under way are waited for, but not for ever. */
async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), STOP_MS_MAX)
  await closed
  clearTimeout(timer)
}
