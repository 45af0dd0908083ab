/** What the store needs of a log; pino satisfies it. Fields never hold a person's data. */
export interface StoreLog {
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
  error(fields: Record<string, unknown>, message: string): void
}

export const silentLog: StoreLog = { info() {}, warn() {}, error() {} }
