/** The clients: how each is made ready, and how its program is run against a server. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { hapiClassPath, pythonWithFhirpy, smartLibrary } from './install.ts'
import type { Adapter, Target } from './js/adapter.ts'
import { fhirKit } from './js/fhir-kit.ts'
import { medplum } from './js/medplum.ts'
import { runScenario } from './js/scenario.ts'
import { smart } from './js/smart.ts'
import { type Result, type Step, STEPS } from './steps.ts'

export type Runnable = (target: Target) => Promise<Result[]>

export interface Known {
  name: string
  /** @throws CannotInstall */
  prepare(): Promise<Runnable>
}

export const CLIENTS: readonly Known[] = [
  { name: 'fhir-kit-client', prepare: async () => inProcess(fhirKit) },
  { name: '@medplum/core', prepare: async () => inProcess(medplum) },
  {
    name: 'fhirclient (SMART)',
    async prepare() {
      const library = await smartLibrary()
      return inProcess((target) => smart(library, target))
    },
  },
  {
    name: 'fhirpy',
    async prepare() {
      const python = await pythonWithFhirpy()
      return asProgram(python, [fileURLToPath(new URL('python/check_fhirpy.py', import.meta.url))])
    },
  },
  {
    name: 'HAPI',
    async prepare() {
      const classPath = await hapiClassPath()
      return asProgram('java', ['-cp', classPath, 'CheckHapi'])
    },
  },
]

const inProcess =
  (adapter: (target: Target) => Adapter): Runnable =>
  (target) =>
    runScenario(adapter(target))

const RUN_MS_MAX = 300_000

/** A program that is told base and token, and writes a line for each step: name, outcome, reason, between tabs. */
function asProgram(command: string, args: readonly string[]): Runnable {
  return async ({ base, access }) => {
    const tokens = access ? [await access.token(await tokenUrlOf(base))] : []
    const { stdout, stderr } = await outputOf(command, [...args, base, ...tokens])
    const results = stdout.split('\n').flatMap(resultIn)
    const missing = (Object.keys(STEPS) as Step[]).filter((step) => !results.some((result) => result.step === step))
    const why = stderr.trim().split('\n').slice(-3).join(' ').slice(0, 300)
    return [...results, ...missing.map((step): Result => ({ step, outcome: 'failed', reason: `the program did not come so far: ${why}` }))]
  }
}

async function tokenUrlOf(base: string): Promise<string> {
  const known = (await (await fetch(`${base}/.well-known/smart-configuration`)).json()) as { token_endpoint: string }
  return known.token_endpoint
}

function resultIn(line: string): Result[] {
  const [step = '', outcome = '', reason] = line.split('\t')
  if (!(step in STEPS)) return []
  return [{ step: step as Step, outcome: outcome as Result['outcome'], ...(reason ? { reason } : {}) }]
}

function outputOf(command: string, args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: RUN_MS_MAX })
    const read = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        read[name] += chunk
      })
    child.once('error', reject).once('close', () => resolve(read))
  })
}
