/** `npm run build:examples`: writes the files that a test compares with the cases. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EXAMPLES, exampleFiles } from './examples.ts'

rmSync(EXAMPLES, { recursive: true, force: true })
for (const kind of ['valid', 'invalid']) mkdirSync(join(EXAMPLES, kind), { recursive: true })
for (const [path, text] of exampleFiles()) writeFileSync(join(EXAMPLES, path), text)
