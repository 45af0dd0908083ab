/** `npm run build:screenshots`: the guide at desktop and telephone width, docs/screenshots/guide-*.png. Needs a Chinese font. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createServer } from 'node:http'
import express from 'express'
import { createGuide } from '../../server/guide/guide.ts'
import { guideRouter } from '../../server/http/guide-router.ts'
import { createTerminology } from '../../server/terminology-service/terminology.ts'
import { openBrowser } from '../support/browser.ts'

const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'screenshots')
const SHOTS = [
  ['home', 'index.html', ''],
  ['profile', 'StructureDefinition-cn-patient.html', '#invariants'],
  ['sources', 'StructureDefinition-cn-observation-lab.html', '#sources'],
] as const
const WIDTHS = { desktop: [1280, 800], telephone: [390, 844] } as const

mkdirSync(FOLDER, { recursive: true })
const terminology = createTerminology()
const app = express().use('/ig', guideRouter(createGuide(() => terminology.tables())))
const server = createServer(app)
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as { port: number }
const browser = await openBrowser()
for (const [device, [width, height]] of Object.entries(WIDTHS))
  for (const [name, file, place] of SHOTS) {
    const page = await browser.newPage({ viewport: { width, height } })
    await page.goto(`http://127.0.0.1:${port}/ig/${file}${place}`)
    await page.screenshot({ path: join(FOLDER, `guide-${name}-${device}.png`) })
    await page.close()
  }
await browser.close()
server.close()
