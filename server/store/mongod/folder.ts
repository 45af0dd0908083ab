/**
 * The embedded database's folder: which mongod serves it, and which processes use it. mongod locks its own data folder,
 * so two can never run on one; these files let a second process, or the next start after a `kill -9`, find the one that does.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

export interface Serving {
  pid: number
  port: number
}

export interface DataFolder {
  /** mongod's own files */
  dbPath: string
  logPath: string
  /** what was last written about the mongod of this folder; it may be dead */
  serving(): Promise<Serving | undefined>
  setServing(serving: Serving): Promise<void>
  /** Runs `work` while no other process does so for this folder. */
  exclusively<T>(work: () => Promise<T>): Promise<T>
  /** This process uses the database. */
  join(): Promise<void>
  /** This process no longer does; answers whether another live one still does. Synchronous: also called while exiting. */
  leave(): boolean
}

const LOCK_RETRY_MS = 25

/** Makes the folders (readable by the owner only) and answers their handle. */
export async function openFolder(dataDir: string): Promise<DataFolder> {
  const root = join(dataDir, 'mongod')
  const dbPath = join(root, 'db')
  const users = join(root, 'users')
  await mkdir(dbPath, { recursive: true, mode: 0o700 })
  await mkdir(users, { recursive: true, mode: 0o700 })
  const servingFile = join(root, 'serving.json')
  return {
    dbPath,
    logPath: join(root, 'mongod.log'),
    serving: () => readServing(servingFile),
    async setServing(serving) {
      const fresh = `${servingFile}.${process.pid}`
      await writeFile(fresh, JSON.stringify(serving))
      await rename(fresh, servingFile)
    },
    exclusively: (work) => withLock(join(root, 'starting.lock'), work),
    async join() {
      await removeDead(users)
      await writeFile(join(users, String(process.pid)), '')
    },
    leave() {
      rmSync(join(users, String(process.pid)), { force: true })
      return readdirSync(users).some((name) => isAlive(Number(name)))
    },
  }
}

/** Whether a process of this number runs. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function readServing(file: string): Promise<Serving | undefined> {
  try {
    const read = JSON.parse(await readFile(file, 'utf8')) as Partial<Serving>
    if (Number.isInteger(read.pid) && Number.isInteger(read.port)) return { pid: Number(read.pid), port: Number(read.port) }
  } catch {
    // Absent or torn: the same as never written; mongod's own lock still guards the data.
  }
  return undefined
}

async function removeDead(users: string): Promise<void> {
  for (const name of await readdir(users)) {
    if (!isAlive(Number(name))) await rm(join(users, name), { force: true })
  }
}

async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  while (!(await takeLock(file))) await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MS))
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}

async function takeLock(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const holder = await readFile(file, 'utf8').catch(() => '')
    // An empty file was created this instant by another one; only a number of a dead process frees the lock.
    if (holder !== '' && !isAlive(Number(holder))) await rm(file, { force: true })
    return false
  }
}
