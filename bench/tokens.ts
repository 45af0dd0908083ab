/** Tokens of the benchmark's askers, by the ordinary endpoint with the demonstration keys. */
import { clientKey, requestToken, type TokenParameters } from '../server/auth/request-token.ts'
import { loadConfig } from '../server/config/config.ts'

export interface Bearers {
  /** decided by the patients' consents */
  insurer: () => Promise<string>
  /** decided by statute (the custodian's own quality work): no consent is looked at */
  quality: () => Promise<string>
  engine: () => Promise<string>
  /** of a regional platform */
  platform: () => Promise<string>
}

/** Tokens live for minutes, a run for longer: each scenario asks for its own. */
export async function bearer(dataDir: string, url: string): Promise<Bearers> {
  const config = loadConfig({ DATA_DIR: dataDir })
  const token = async (client: string, parameters: TokenParameters) => {
    const key = await clientKey(config, client)
    if (!key) throw new Error(`no demonstration key for ${client}`)
    return (await requestToken({ publicUrl: url, clientId: client, key, parameters })).access_token
  }
  return {
    insurer: () => token('insurer', { purpose_of_use: 'HPAYMT', data_form: 'IDENT' }),
    quality: () => token('auditor', { purpose_of_use: 'HQUALIMP' }),
    engine: () => token('h1-engine', {}),
    platform: () => token('ha', {}),
  }
}
