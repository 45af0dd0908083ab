/**
 * Writes profiles/generated/r4 from the npm package with the definitions of R4: search parameters, compartments,
 * structures, codes, terminology, HL7's own profiles and extensions. `--check` writes nothing and exits 1 when the committed files differ.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeDerived } from './build-derived.ts'
import { buildSearch } from './build-search.ts'
import { writeStructures } from './build-structures.ts'
import { writeTerminology } from './build-terminology.ts'

const target = join(dirname(fileURLToPath(import.meta.url)), '..', 'generated', 'r4')

/** The files as they should be, by name. */
function built(): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'yilian-r4-'))
  try {
    buildSearch(folder)
    writeStructures(folder)
    writeDerived(folder)
    writeTerminology(folder)
    return new Map(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const check = process.argv.includes('--check')
mkdirSync(target, { recursive: true })
for (const [file, text] of built()) {
  const path = join(target, file)
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
  if (check) {
    console.error(`${file} differs`)
    process.exitCode = 1
  } else writeFileSync(path, text)
}
