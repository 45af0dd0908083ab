/**
 * Clients that are no packages of this project, installed when they are needed into a folder of their own (.cache/clients), by
 * the ordinary tools and in fixed versions. A second run installs nothing.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Smart } from './js/smart.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const CACHE = fileURLToPath(new URL('../../.cache/clients', import.meta.url))
const INSTALL_MS_MAX = 580_000
const FHIRCLIENT = '2.6.3'
const FHIRPY = '2.3.1'

/** A tool is missing, or a registry did not answer: said plainly, and not a failure of the server. */
export class CannotInstall extends Error {}

const run = promisify(execFile)

async function install(command: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    return (await run(command, [...args], { cwd, timeout: INSTALL_MS_MAX, maxBuffer: 64 * 1024 * 1024 })).stdout
  } catch (error) {
    const { code, stderr = '', stdout = '' } = error as { code?: unknown; stderr?: string; stdout?: string }
    if (code === 'ENOENT') throw new CannotInstall(`${command} is not on this machine`)
    const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '')
    throw new CannotInstall(`${command} ${args[0]}: ${lines.slice(0, 3).join(' ').slice(0, 300)}`)
  }
}

/** Made once for what it is made of; half of it is none. */
async function once(name: string, madeOf: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(CACHE, name)
  const mark = join(folder, 'installed')
  const wanted = createHash('sha256').update(madeOf).digest('hex')
  if ((await readFile(mark, 'utf8').catch(() => '')) === wanted) return folder
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await make(folder)
  await writeFile(mark, wanted)
  return folder
}

/** fhirclient, the SMART project's client; its hundreds of packages stay out of this project's own. @throws CannotInstall */
export async function smartLibrary(): Promise<Smart> {
  const manifest = JSON.stringify({ private: true, dependencies: { fhirclient: FHIRCLIENT } })
  const folder = await once('smart', manifest, async (made) => {
    await writeFile(join(made, 'package.json'), manifest)
    await install('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], made)
  })
  return createRequire(join(folder, 'package.json'))('fhirclient') as Smart
}

/** The interpreter of an environment with fhirpy. @throws CannotInstall */
export async function pythonWithFhirpy(): Promise<string> {
  const folder = await once('python', FHIRPY, async (made) => {
    await install('python3', ['-m', 'venv', '.'], made)
    await install(
      join(made, 'bin', 'python'),
      ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `fhirpy==${FHIRPY}`],
      made,
    )
  })
  return join(folder, 'bin', 'python')
}

/** Class path of the program with HAPI's client, compiled. @throws CannotInstall */
export async function hapiClassPath(): Promise<string> {
  const source = join(HERE, 'hapi')
  const texts = await Promise.all(['pom.xml', 'src/CheckHapi.java'].map((name) => readFile(join(source, name), 'utf8')))
  const folder = await once('hapi', texts.join(''), async (made) => {
    await cp(source, made, { recursive: true })
    await install('mvn', ['-q', '-B', 'compile', 'dependency:build-classpath', '-Dmdep.outputFile=class-path.txt'], made)
  })
  return `${join(folder, 'target', 'classes')}:${await readFile(join(folder, 'class-path.txt'), 'utf8')}`
}
