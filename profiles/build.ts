/**
 * Compiles profiles/fsh with SUSHI, offline, to profiles/generated/*.json (with snapshots). `--check` writes nothing and
 * exits 1 when the committed files differ.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publish } from './publish.ts'

const here = dirname(fileURLToPath(import.meta.url))
const cache = join(here, '.cache')
const home = join(cache, 'home')
const project = join(cache, 'project')
const examples = join(here, '..', 'node_modules', 'hl7.fhir.r4.examples')
const sushi = join(here, '..', 'node_modules', '.bin', 'sushi')

/** What SUSHI needs of the core package; the examples of the same npm package would only slow it down. */
const CONFORMANCE = /^(StructureDefinition|ValueSet|CodeSystem)-.*\.json$/

/** The core package is not on npm; the examples package holds all of its definitions, so we copy them into SUSHI's cache. */
function buildCorePackage(): void {
  const folder = join(home, '.fhir', 'packages', 'hl7.fhir.r4.core#4.0.1', 'package')
  const manifest = join(folder, 'package.json')
  if (existsSync(manifest)) return
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const file of readdirSync(examples)) {
    if (CONFORMANCE.test(file)) copyFileSync(join(examples, file), join(folder, file))
  }
  writeFileSync(manifest, JSON.stringify({ name: 'hl7.fhir.r4.core', version: '4.0.1', fhirVersions: ['4.0.1'] }))
}

function buildProject(): void {
  rmSync(project, { recursive: true, force: true })
  mkdirSync(join(project, 'input'), { recursive: true })
  cpSync(join(here, 'fsh'), join(project, 'input', 'fsh'), { recursive: true })
  cpSync(join(here, 'sushi-config.yaml'), join(project, 'sushi-config.yaml'))
}

/** A registry that cannot be reached keeps the result the same on every machine. */
const OFFLINE = { FPL_REGISTRY: 'http://127.0.0.1:9', http_proxy: 'http://127.0.0.1:9', https_proxy: 'http://127.0.0.1:9' }

function runSushi(): void {
  const run = spawnSync(sushi, ['build', project, '-s'], { env: { ...process.env, ...OFFLINE, HOME: home }, encoding: 'utf8' })
  const lines = `${run.stdout}${run.stderr}`.split('\n')
  if (run.status === 0) return
  console.error(lines.filter((line) => /error|warn|File:|Line/i.test(line)).join('\n'))
  throw new Error(`SUSHI found ${run.status} errors`)
}

/** File name and text of every published resource, by name. */
function compiled(): Map<string, string> {
  const folder = join(project, 'fsh-generated', 'resources')
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
  return new Map(files.sort().map((file) => [file, publish(JSON.parse(readFileSync(join(folder, file), 'utf8')))]))
}

function differences(wanted: Map<string, string>, target: string): string[] {
  const present = existsSync(target)
    ? readdirSync(target).filter((file) => file.endsWith('.json') && file !== 'search-parameters.json')
    : []
  const obsolete = present.filter((file) => !wanted.has(file)).map((file) => `${file}: no longer made`)
  const changed = [...wanted].filter(([file, text]) => !present.includes(file) || readFileSync(join(target, file), 'utf8') !== text)
  return [...obsolete, ...changed.map(([file]) => `${file}: differs`)]
}

function write(wanted: Map<string, string>, target: string): void {
  mkdirSync(target, { recursive: true })
  for (const line of differences(wanted, target)) {
    const file = basename(line.split(':')[0] ?? '')
    const text = wanted.get(file)
    if (text === undefined) rmSync(join(target, file))
    else writeFileSync(join(target, file), text)
  }
}

function main(): void {
  const target = join(here, 'generated')
  buildCorePackage()
  buildProject()
  runSushi()
  const wanted = compiled()
  if (!process.argv.includes('--check')) write(wanted, target)
  const found = differences(wanted, target)
  for (const line of found) console.error(line)
  if (found.length > 0) process.exitCode = 1
}

main()
