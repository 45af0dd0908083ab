/** Runs HL7's validation engine for Java, from Maven Central, without a network once its libraries are there. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Asked } from './corpus.ts'
import type { JavaIssue } from './verdicts.ts'

const PROJECT = join(import.meta.dirname, '..', 'java')
/** Outside of the tree: 145 MB of libraries. */
const LIBRARIES = join(tmpdir(), 'yilian-java-validator')
/** Of this tree alone: another one may have other programs. */
const CLASSES = join(import.meta.dirname, '..', '..', '..', '.cache', 'java-validator')
const DEFINITIONS = join(import.meta.dirname, '..', '..', '..', 'profiles', 'generated')

export interface Measured {
  resources: number
  seconds: number
  heapMiB: number
  residentMiB: number
}

export interface JavaRun {
  issues: Map<string, JavaIssue[]>
  /** one per round */
  measured: Measured[]
}

/** A program of java/src, with its arguments; answers what it prints. Its libraries are fetched once. */
export function runProgram(program: string, args: readonly string[]): string {
  prepare()
  return command('java', ['-Xmx3g', '-cp', `${CLASSES}:${join(LIBRARIES, 'lib')}/*`, program, ...args])
}

function command(program: string, args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (status !== 0) throw new Error(`${program} failed: ${error ?? `${stdout}${stderr}`.slice(-2000)}`)
  return stdout
}

/** Fetches the libraries and compiles the program, when that is not done yet. Needs mvn and a JDK from 17 on. */
function prepare(): void {
  const jars = join(LIBRARIES, 'lib')
  if (!existsSync(jars))
    command('mvn', ['-q', '-B', '-f', join(PROJECT, 'pom.xml'), 'dependency:copy-dependencies', `-DoutputDirectory=${jars}`])
  const sources = readdirSync(join(PROJECT, 'src')).map((file) => join(PROJECT, 'src', file))
  command('javac', ['-nowarn', '-cp', `${jars}/*`, '-d', CLASSES, ...sources])
}

/** What the engine says of each; the last of several rounds is the warmest. */
export function runJava(asked: readonly Asked[], rounds = 1): JavaRun {
  const folder = mkdtempSync(join(tmpdir(), 'yilian-verdicts-'))
  mkdirSync(join(folder, 'in'))
  const tasks = asked.map(({ name, text }, index) => {
    const path = join(folder, 'in', `${index}.json`)
    writeFileSync(path, text)
    return JSON.stringify({ name, path })
  })
  writeFileSync(join(folder, 'tasks'), `${tasks.join('\n')}\n`)
  const out = join(folder, 'verdicts')
  const printed = runProgram('Verdicts', [join(folder, 'tasks'), DEFINITIONS, out, String(rounds)])
  const verdicts = readFileSync(out, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { name: string; issues: JavaIssue[] })
  return {
    issues: new Map(verdicts.map(({ name, issues }) => [name, issues])),
    measured: printed
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Measured),
  }
}
