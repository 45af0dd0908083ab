/** Reads the source tree and lists every breach of the rules in rules.ts. Run as a program it prints them and exits 1. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FORBIDDEN_WORDS, LINES_MAX, MAY_IMPORT, NAME_ONLY_IN, ONLY_IN } from './rules.ts'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const FOLDERS = ['server', 'mappings', 'profiles', 'terminology', 'bench', 'tests']
const LEFT_OUT = new Set(['node_modules', 'generated', '.cache', 'fixtures'])

export interface SourceFile {
  path: string
  text: string
  imports: string[]
}

export function sourceFiles(): SourceFile[] {
  return FOLDERS.flatMap((folder) => (existsSync(join(ROOT, folder)) ? walk(join(ROOT, folder)) : [])).map(readSource)
}

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    if (LEFT_OUT.has(name)) return []
    const path = join(folder, name)
    return statSync(path).isDirectory() ? walk(path) : name.endsWith('.ts') ? [path] : []
  })
}

const IMPORT = /(?:^|\n)\s*(?:import|export)\b[^'"\n]*?(?:\{[^}]*\}[^'"\n]*?)?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g

function readSource(path: string): SourceFile {
  const text = readFileSync(path, 'utf8')
  const imports = [...text.matchAll(IMPORT)].map(([, from, dynamic]) => from ?? dynamic ?? '')
  return { path: relative(ROOT, path), text, imports: imports.map((name) => resolveImport(path, name)) }
}

function resolveImport(path: string, name: string): string {
  return name.startsWith('.') ? relative(ROOT, resolve(dirname(path), name)) : name
}

const inside = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

const folderOf = (path: string): string | undefined =>
  Object.keys(MAY_IMPORT)
    .filter((folder) => inside(path, folder))
    .sort((a, b) => b.length - a.length)[0]

export function breaches(files: SourceFile[]): string[] {
  return [...files.flatMap(importBreaches), ...files.flatMap(packageBreaches), ...files.flatMap(textBreaches), ...cycles(files)]
}

function importBreaches(file: SourceFile): string[] {
  const folder = folderOf(file.path)
  if (folder === undefined) return []
  const allowed = [folder, ...(MAY_IMPORT[folder] ?? [])]
  return file.imports
    .filter((target) => /^(server|mappings|profiles|terminology|tests|bench)\//.test(target) && target.endsWith('.ts'))
    .filter((target) => !allowed.some((place) => inside(target, place)))
    .map((target) => `${file.path} may not import ${target}`)
}

function packageBreaches(file: SourceFile): string[] {
  return Object.entries(ONLY_IN)
    .filter(([name, places]) => file.imports.includes(name) && !places.some((place) => inside(file.path, place)))
    .map(([name]) => `${file.path} may not import the package ${name}`)
}

function textBreaches(file: SourceFile): string[] {
  const found: string[] = []
  const lines = file.text.split('\n').length
  if (lines > LINES_MAX) found.push(`${file.path} has ${lines} lines, more than ${LINES_MAX}`)
  for (const word of FORBIDDEN_WORDS) if (file.text.includes(word)) found.push(`${file.path} holds the mark ${word}`)
  if (/\b(?:test|it|describe)\.(?:skip|only|todo|failing)\b/.test(file.text)) found.push(`${file.path} skips or focuses a test`)
  if (inside(file.path, 'tests')) return found
  for (const [name, places] of Object.entries(NAME_ONLY_IN)) {
    if (file.text.includes(name) && !places.some((place) => inside(file.path, place))) found.push(`${file.path} may not use ${name.trim()}`)
  }
  return found
}

/** Import cycles between files (type-only ones too: they hide that two files are one). */
function cycles(files: SourceFile[]): string[] {
  const graph = new Map(files.map((file) => [file.path, file.imports]))
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, trail: string[]): void => {
    const at = trail.indexOf(path)
    if (at >= 0) {
      found.push(`import cycle: ${[...trail.slice(at), path].join(' → ')}`)
      return
    }
    if (done.has(path)) return
    for (const next of graph.get(path) ?? []) if (graph.has(next)) visit(next, [...trail, path])
    done.add(path)
  }
  for (const path of graph.keys()) visit(path, [])
  return found
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = sourceFiles()
  const found = breaches(files)
  for (const line of found) console.error(line)
  console.log(`dependency rules: ${files.length} files, ${found.length} breaches`)
  process.exitCode = found.length === 0 ? 0 : 1
}
