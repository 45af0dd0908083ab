/** What the authorization server needs of a log; pino satisfies it. Only registered client ids and our own words are logged. */
export interface AuthLog {
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
}

export const silentAuthLog: AuthLog = { info() {}, warn() {} }
