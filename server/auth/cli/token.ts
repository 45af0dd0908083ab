/** npm run token -- CLIENT [--purpose P] [--patient ID] [--user ID] [--form F] [--study ID] [--reason TEXT] [--scope S] */
import { parseArgs } from 'node:util'
import { ConfigError, loadConfig } from '../../config/config.ts'
import { clientKey, requestToken, type TokenParameters } from '../request-token.ts'

const USAGE = 'npm run token -- CLIENT [--purpose P] [--patient ID] [--user ID] [--form F] [--study ID] [--reason TEXT] [--scope S]'

const OPTIONS = {
  purpose: 'purpose_of_use',
  patient: 'patient',
  user: 'user',
  form: 'data_form',
  study: 'research_study',
  reason: 'break_glass_reason',
  scope: 'scope',
} as const satisfies Record<string, keyof TokenParameters>

/** Prints the token alone on standard output; anything else goes to standard error. Answers the exit code. */
async function main(): Promise<number> {
  const given = readArguments()
  if (!given) return fail(`用法 / usage: ${USAGE}`)
  const config = loadConfig(process.env)
  const client = config.clients.find(({ clientId }) => clientId === given.client)
  if (!client) {
    return fail(`没有此客户端；可用 / no such client; known: ${config.clients.map(({ clientId }) => clientId).join(' ')}`)
  }
  const key = await clientKey(config, client.clientId, process.env.YILIAN_KEYS)
  if (!key) {
    return fail(
      '找不到该客户端的私钥：请先启动服务器，或用 YILIAN_KEYS 指定目录 / no private key: start the server first, or set YILIAN_KEYS',
    )
  }
  const answer = await requestToken({ publicUrl: config.publicUrl, clientId: client.clientId, key, parameters: given.parameters })
  process.stdout.write(`${answer.access_token}\n`)
  return 0
}

function readArguments(): { client: string; parameters: TokenParameters } | undefined {
  try {
    const options = Object.fromEntries(Object.keys(OPTIONS).map((name) => [name, { type: 'string' as const }]))
    const { values, positionals } = parseArgs({ allowPositionals: true, options })
    const [client, ...more] = positionals
    if (client === undefined || more.length > 0) return undefined
    const parameters: TokenParameters = {}
    for (const [option, parameter] of Object.entries(OPTIONS)) {
      const value = values[option]
      if (typeof value === 'string') parameters[parameter] = value
    }
    return { client, parameters }
  } catch {
    return undefined
  }
}

function fail(text: string): number {
  process.stderr.write(`${text}\n`)
  return 1
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message
  if (!(error instanceof Error)) return String(error)
  const unreachable = error.message === 'fetch failed'
  return unreachable ? '无法连接服务器（PUBLIC_URL） / the server cannot be reached (PUBLIC_URL)' : error.message
}

process.exitCode = await main().catch((error: unknown) => fail(explain(error)))
