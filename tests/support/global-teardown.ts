import { rm } from 'node:fs/promises'
import type { RunningDatabase } from './global-setup.ts'

export default async function teardown(): Promise<void> {
  const running = (globalThis as { yilianTestDatabase?: RunningDatabase }).yilianTestDatabase
  if (!running) return
  await running.mongod.stop()
  await rm(running.folder, { recursive: true, force: true })
}
